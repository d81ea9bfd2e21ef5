import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/app/lifecycle/application.js';
import { loadEntry } from '../../../src/cli/entry/load-entry.js';
import { connect } from '../../../src/client/index.js';
import { houseFolder, leavingServer, listeningBroker, ran } from '../../support/cli/command-line.js';
import { commandLineProcess } from '../../support/cli/process-beside.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest } from '../../support/transports/servers.js';

/** The application of `app.ts`, running on a broker. */
async function house(): Promise<{ cwd: string; env: { MQTT_URL: string } }> {
  const { url } = await listeningBroker();
  const cwd = houseFolder();
  const { app } = await loadEntry('app.ts', new RecordingHost(cwd));
  const running: Application = app.with({ connection: { url, clientId: 'house' } });
  await running.start();
  afterThisTest(() => running.stop({ timeout: 0 }));
  return { cwd, env: { MQTT_URL: url } };
}

const ask = (payload: string, room: string, ...more: string[]) => [
  'request',
  'setTarget',
  payload,
  '--entry',
  'app.ts',
  '--param',
  `room=${room}`,
  ...more,
];

describe('prints', () => {
  it('the reply alone', async () => {
    const surroundings = await house();
    expect(await ran(ask('{"celsius":19}', 'attic'), surroundings)).toEqual({
      code: 0,
      stdout: '{"was":18}\n',
      stderr: '',
    });
  });

  it('the reply with its properties, as JSON', async () => {
    const surroundings = await house();
    const { stdout } = await ran(ask('{"celsius":19}', 'attic', '--json'), surroundings);
    expect(JSON.parse(stdout)).toMatchObject({
      topic: 'site-a/rooms/attic/target',
      replyEncoding: 'json',
      reply: { was: 18 },
    });
  });

  it('an error of the handler as one, and ends with 1', async () => {
    const surroundings = await house();
    expect(await ran(ask('{"celsius":19}', 'none'), surroundings)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'topicwise request: The answer is the error not-found: No such room\n',
    });
    const { code, stdout } = await ran(ask('{"celsius":19}', 'none', '--json'), surroundings);
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      { topic: 'site-a/rooms/none/target', error: { code: 'not-found', message: 'No such room' } },
    ]);
  });

  it('the same as a process', async () => {
    const surroundings = await house();
    expect(await commandLineProcess(ask('-', 'none'), { ...surroundings, stdin: '{"celsius":19}' })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'topicwise request: The answer is the error not-found: No such room\n',
    });
  }, 60_000);
});

describe('without a contract', () => {
  /** Somebody who answers everything with this. */
  async function answering(payload: string, userProperties: [string, string][] = []) {
    const { url } = await listeningBroker();
    const device = await connect(url);
    afterThisTest(() => device.close());
    const stream = await device.stream('rooms/#');
    const answered = (async () => {
      for await (const { responseTopic = '', correlationData } of stream) {
        await device.publish(responseTopic, payload, {
          ...(correlationData && { correlationData }),
          userProperties,
        });
      }
    })();
    answered.catch(() => undefined); // the test ends it
    return { env: { MQTT_URL: url } };
  }

  it('shows the reply as what it looks like, with what a terminal would obey escaped', async () => {
    const surroundings = await answering('one\ntwo\u202e');
    expect(await ran(['request', 'rooms/attic', 'x'], surroundings)).toEqual({
      code: 0,
      stdout: 'one\ntwo\\u202e\n',
      stderr: '',
    });
  });

  it('knows an error too, and escapes it', async () => {
    const surroundings = await answering('', [
      ['reply-error', 'broken'],
      ['reply-error-message', 'it \u202e burns'],
    ]);
    expect(await ran(['request', 'rooms/attic', ''], surroundings)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'topicwise request: The answer is the error broken: it \\u202e burns\n',
    });
  });
});

describe('fails with a sentence', () => {
  it('where no reply comes in time', async () => {
    const { url } = await listeningBroker();
    expect(await ran(['request', 'a', 'x', '--timeout', '1ms', '--url', url])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'topicwise request: No reply to the request on "a" came within 1 ms. Check that somebody answers it there, or raise --timeout.\n',
    });
  });

  it('where the reply does not fit the contract', async () => {
    const { url } = await listeningBroker();
    const device = await connect(url);
    afterThisTest(() => device.close());
    const stream = await device.stream('site-a/rooms/#');
    const words = ask('{"celsius":19}', 'attic', '--url', url);
    const [{ code, stdout, stderr }] = await Promise.all([
      ran(words, { cwd: houseFolder() }),
      stream.next().then(({ value: asked }) =>
        device.publish(asked?.responseTopic ?? '', '{"was":"cold"}', {
          correlationData: asked?.correlationData ?? new Uint8Array(),
        }),
      ),
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^topicwise request: The reply does not fit "rooms\/\+room\/target": was: .+\.\n$/,
    );
  });

  it('where the contract has no reply', async () => {
    const words = ['request', 'reading', '{"celsius":1}', '--entry', 'app.ts', '--param', 'id=7'];
    expect(await ran(words, { cwd: houseFolder() })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'topicwise request: \'reading\' has no reply: write defineTopic("sensors/+id/reading", { reply: schema }), or publish it instead.\n',
    });
  });

  it('where the payload does not fit', async () => {
    const { code, stderr } = await ran(ask('{"celsius":null}', 'attic'), { cwd: houseFolder() });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/The payload does not fit .+: celsius: .+\.\n$/),
    ]);
  });

  it('where the broker speaks MQTT 3.1.1 only', async () => {
    const { url } = await listeningBroker({ version: 4 });
    const { code, stderr } = await ran(['request', 'a', 'x', '--url', url]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('The broker speaks MQTT 3.1.1 only')]);
  });

  it('where the broker goes in the middle', async () => {
    const { code, stdout, stderr } = await ran(['request', 'a', 'x', '--url', await leavingServer()]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^topicwise request: The connection to \S+ was lost: .+\.\n$/);
  });
});

it.each([
  ['MQTT 3.1.1', ['a', 'x', '--protocol', '4'], 'MQTT 3.1.1 has no requests: leave --protocol 4 out.'],
  [
    'a time that is none',
    ['a', 'x', '--timeout', 'soon'],
    "--timeout takes a time, such as 500ms, 5s or 2m, not 'soon'.",
  ],
])('does not understand %s', async (_what, words, sentence) => {
  expect(await ran(['request', ...words])).toEqual({
    code: 2,
    stdout: '',
    stderr: `topicwise request: ${sentence} See 'topicwise request --help'.\n`,
  });
});

it('explains itself', async () => {
  const { code, stdout } = await ran(['request', '--help']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('Example: npx topicwise request setTarget')]);
});
