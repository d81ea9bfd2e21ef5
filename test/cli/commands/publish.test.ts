import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/client/index.js';
import { connect } from '../../../src/client/index.js';
import { houseFolder, leavingServer, listeningBroker, ran } from '../../support/cli/command-line.js';
import { commandLineProcess } from '../../support/cli/process-beside.js';
import { temporaryFolder } from '../../support/cli/temporary-folder.js';
import { afterThisTest } from '../../support/transports/servers.js';

const failure = (sentence: string) => ({ code: 1, stdout: '', stderr: `topicwise publish: ${sentence}\n` });
const misunderstanding = (sentence: string) => ({
  code: 2,
  stdout: '',
  stderr: `topicwise publish: ${sentence} See 'topicwise publish --help'.\n`,
});

/** A broker, and somebody who subscribes to everything. */
async function heard() {
  const { url, broker } = await listeningBroker();
  const listener = await connect(url);
  afterThisTest(() => listener.close());
  const stream = await listener.stream('#');
  return {
    broker,
    env: { MQTT_URL: url },
    next: async (): Promise<Message> => (await stream.next()).value ?? Promise.reject(new Error('it ended')),
  };
}

describe('on a topic', () => {
  it('publishes the word as it is, and prints what the broker said', async () => {
    const { env, next } = await heard();
    expect(await ran(['publish', 'socks/hall', '{"pairs": 7'], { env })).toEqual({
      code: 0,
      stdout: 'Published 11 bytes on socks/hall at QoS 1. The broker: Success, there are subscribers.\n',
      stderr: '',
    });
    const message = await next();
    expect([message.topic, message.text(), message.qos, message.retain]).toEqual([
      'socks/hall',
      '{"pairs": 7',
      1,
      false,
    ]);
  });

  it('says so where nobody subscribes, and where a broker does not answer', async () => {
    const { url } = await listeningBroker();
    const env = { MQTT_URL: url };
    expect((await ran(['publish', 'a', ''], { env })).stdout).toBe(
      'Published 0 bytes on a at QoS 1. The broker: No matching subscribers.\n',
    );
    expect((await ran(['publish', 'a', 'x', '--qos', '0', '--retain'], { env })).stdout).toBe(
      'Published 1 byte on a at QoS 0, retained. At QoS 0 a broker does not answer.\n',
    );
  });

  it('says it as JSON too', async () => {
    const { url } = await listeningBroker();
    const env = { MQTT_URL: url };
    const said = async (...words: string[]) =>
      JSON.parse((await ran(['publish', 'a', 'x', '--json', ...words], { env })).stdout);
    const base = { topic: 'a', retain: false, bytes: 1 };
    expect(await said('--qos', '2')).toEqual({
      ...base,
      qos: 2,
      reasonCode: 16,
      reason: 'No matching subscribers',
      matchingSubscribers: false,
    });
    expect(await said('--protocol', '4')).toMatchObject({
      qos: 1,
      reason: 'Success',
      matchingSubscribers: null,
    });
    expect(await said('--qos', '0')).toEqual({
      ...base,
      qos: 0,
      reasonCode: null,
      reason: null,
      matchingSubscribers: null,
    });
  });

  it('sends with it what the options say', async () => {
    const { env, next, broker } = await heard();
    const options = [
      '--qos',
      '2',
      '--retain',
      '--content-type',
      'text/plain',
      '--expiry',
      '90',
      '--prefix',
      'site-a',
    ];
    const properties = ['--property', 'a=1', '--property', 'a=b=c'];
    expect(await ran(['publish', 'socks', 'x', ...options, ...properties], { env })).toMatchObject({
      code: 0,
    });
    expect(await next()).toMatchObject({
      topic: 'site-a/socks',
      qos: 2,
      contentType: 'text/plain',
      messageExpiryInterval: 90,
      userProperties: [
        ['a', '1'],
        ['a', 'b=c'],
      ],
    });
    expect(broker.retainedMessages).toHaveLength(1);
  });

  it.each([
    ['stdin', ['-'], { stdin: 'from stdin' }, 'from stdin'],
    ['a file', ['--file', 'payload.bin'], {}, 'from a file'],
    ["what follows '--'", ['--', '-5'], {}, '-5'],
  ])('takes the payload from %s', async (_where, words, surroundings, payload) => {
    const { env, next } = await heard();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'payload.bin'), 'from a file');
    expect(await ran(['publish', 'a', ...words], { env, cwd, ...surroundings })).toMatchObject({ code: 0 });
    expect((await next()).text()).toBe(payload);
  });
});

describe('by a contract', () => {
  it('fills the topic, checks the payload, and publishes as the contract says', async () => {
    const { env, next } = await heard();
    const cwd = houseFolder();
    const entry = ['--entry', 'app.ts', '--param', 'id=7'];
    await ran(['publish', 'reading', '{ "celsius": 21.5 }', ...entry], { env, cwd });
    const reading = await next();
    expect([reading.topic, reading.text(), reading.qos]).toEqual([
      'site-a/sensors/7/reading',
      '{"celsius":21.5}',
      1,
    ]);
    await ran(['publish', 'note', 'wash them', ...entry], { env, cwd });
    const note = await next();
    expect([note.topic, note.text(), note.qos, note.messageExpiryInterval]).toEqual([
      'site-a/notes/7',
      'wash them',
      2,
      60,
    ]);
  });

  it.each(['sensors/9/reading', 'site-a/sensors/9/reading'])(
    'knows it by its topic %s too',
    async (topic) => {
      const { env, next } = await heard();
      const cwd = houseFolder();
      const words = ['--entry', 'app.ts'];
      expect(await ran(['publish', topic, '{"celsius":"warm"}', ...words], { env, cwd })).toEqual(
        failure(
          'The payload does not fit "sensors/+id/reading": celsius: Invalid input: expected number, received string.',
        ),
      );
      await ran(['publish', topic, '{"celsius":20}', ...words], { env, cwd });
      expect((await next()).topic).toBe('site-a/sensors/9/reading');
    },
  );

  it('sends bytes as they are, and JSON in the codec of the application', async () => {
    const { env, next } = await heard();
    const cwd = houseFolder();
    writeFileSync(join(cwd, 'bytes'), Uint8Array.of(0xff, 0));
    await ran(['publish', 'blob', '--file', 'bytes', '--entry', 'app.ts', '--param', 'id=1'], { env, cwd });
    expect([...(await next()).payload]).toEqual([0xff, 0]);
    await ran(['publish', 'turned', '[1,2]', '--entry', 'app.ts'], { env, cwd });
    const turned = await next();
    expect([turned.text(), turned.contentType]).toEqual([']2,1[', 'text/x-upside-down']);
  });

  it('lets the options win over the contract', async () => {
    const { env, next, broker } = await heard();
    const words = ['--entry', 'app.ts', '--param', 'id=7', '--qos', '1', '--no-retain', '--expiry', '5'];
    await ran(['publish', 'note', 'x', ...words], { env, cwd: houseFolder() });
    expect(await next()).toMatchObject({ qos: 1, messageExpiryInterval: 5 });
    expect(broker.retainedMessages).toHaveLength(0);
  });

  it.each([
    [
      'JSON that is none',
      ['reading', '{"celsius":', '--param', 'id=7'],
      /The payload of "sensors\/\+id\/reading" is written as JSON, and this is none: .+\.$/,
    ],
    [
      'an unknown contract, with the nearest name',
      ['readng', '{}'],
      /No contract of app\.ts is called "readng", or has such a topic\. Did you mean 'reading'\? .+\.$/,
    ],
    [
      'a contract near none',
      ['curtains/7', '{}'],
      /or has such a topic\. There are 'reading', 'note', 'blob', 'setTarget', 'turned'\. /,
    ],
    [
      'a parameter that does not fit',
      ['setTarget', '{"celsius":1}', '--param', 'room=4'],
      /The topic "rooms\/4\/target" does not fit "rooms\/\+room\/target": room: .+\.$/,
    ],
    [
      'a parameter in a topic that does not fit',
      ['rooms/4/target', '{"celsius":1}'],
      /The topic "rooms\/4\/target" does not fit "rooms\/\+room\/target": room: .+\.$/,
    ],
    ['a parameter of several levels', ['reading', '{"celsius":1}', '--param', 'id=a/b'], /"a\/b".+\.$/],
    [
      'a content type that is another',
      ['reading', '{"celsius":1}', '--param', 'id=7', '--content-type', 'image/png'],
      /image\/png.+\.$/,
    ],
    [
      'no such file',
      ['reading', '--file', 'no.json', '--param', 'id=7'],
      /--file: no\.json could not be read: ENOENT.+\.$/,
    ],
    [
      'a missing entry',
      ['reading', '{}', '--entry', 'ap.ts'],
      /ap\.ts does not exist\. Did you mean app\.ts\?$/,
    ],
  ])('refuses %s, and connects to nobody', async (_what, words, sentence) => {
    const { code, stdout, stderr } = await ran(['publish', '--entry', 'app.ts', ...words], {
      cwd: houseFolder(),
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd()).toMatch(/^topicwise publish: /);
    expect(stderr.trimEnd()).toMatch(sentence);
  });

  it.each([
    ['missing parameters', ['reading', '{}'], `'reading' is "sensors/+id/reading": add --param id=<value>.`],
    [
      'a parameter that it does not have',
      ['reading', '{}', '--param', 'di=7'],
      "'di' is no parameter of 'reading': it has id. Did you mean 'id'?",
    ],
    [
      'a parameter for a whole topic',
      ['sensors/7/reading', '{}', '--param', 'id=7'],
      '--param fills the topic of a contract, and "sensors/7/reading" is whole already.',
    ],
    [
      'a prefix of its own',
      ['reading', '{}', '--prefix', 'x'],
      '--prefix is for topics without --entry: the application has its own.',
    ],
  ])('does not understand %s', async (_what, words, sentence) => {
    expect(await ran(['publish', '--entry', 'app.ts', ...words], { cwd: houseFolder() })).toEqual(
      misunderstanding(sentence),
    );
  });
});

it.each([
  [
    'no payload',
    ['a'],
    "<payload> is missing: write it, '-' to read it from stdin, '' for no bytes, or --file <file>.",
  ],
  ['two payloads', ['a', 'x', '--file', 'y'], '<payload> and --file are both there: write one of them.'],
  [
    'a parameter without a contract',
    ['a', 'x', '--param', 'id=7'],
    '--param fills the topic of a contract: name the file of the application with --entry <file>.',
  ],
  [
    'an application without a file',
    ['a', 'x', '--app', 'two'],
    '--app chooses among the applications of --entry <file>.',
  ],
  [
    'a property without a name',
    ['a', 'x', '--property', '=1'],
    "--property takes a name and a value, such as source=desk, not '=1'.",
  ],
  [
    'an expiry of nothing',
    ['a', 'x', '--expiry', '0'],
    "--expiry takes a whole number of seconds from 1 to 4294967295, not '0'.",
  ],
])('does not understand %s', async (_what, words, sentence) => {
  expect(await ran(['publish', ...words])).toEqual(misunderstanding(sentence));
});

it('refuses a topic that can not be published to', async () => {
  const { code, stderr } = await ran(['publish', 'a/+', 'x']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/The topic "a\/\+" contains the wildcard "\+".+\.\n$/),
  ]);
});

it('fails where the broker refuses the message', async () => {
  const { url } = await listeningBroker({ authorize: () => 0x87 });
  const { code, stdout, stderr } = await ran(['publish', 'a', 'x', '--url', url]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^topicwise publish: .*Not authorized.*\.\n$/);
});

it.each([
  ['--property', 'a=b'],
  ['--content-type', 'text/plain'],
  ['--expiry', '5'],
])('fails where MQTT 3.1.1 has no %s', async (...option) => {
  const { url } = await listeningBroker();
  expect(await ran(['publish', 'a', 'x', '--url', url, '--protocol', '4', ...option])).toEqual(
    failure('MQTT 3.1.1 has no properties: leave --property, --content-type and --expiry out.'),
  );
});

it('fails where the broker goes in the middle, and says what is not known', async () => {
  const url = await leavingServer();
  const { code, stdout, stderr } = await ran(['publish', 'a', 'x', '--url', url]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^topicwise publish: The connection to mqtt:\/\/127\.0\.0\.1:\d+ was lost: .+\. The server may or may not have acted on the request\.\n$/,
  );
});

it('works as a process, with its payload from a pipe', async () => {
  const { env, next } = await heard();
  expect(await commandLineProcess(['publish', 'a', '-'], { env, stdin: 'from a pipe' })).toEqual({
    code: 0,
    stdout: 'Published 11 bytes on a at QoS 1. The broker: Success, there are subscribers.\n',
    stderr: '',
  });
  expect((await next()).text()).toBe('from a pipe');
}, 60_000);

it('works as a process, by a contract', async () => {
  const { env, next } = await heard();
  const words = ['publish', 'reading', '{"celsius":20}', '--entry', 'app.ts', '--param', 'id=7', '--json'];
  const { code, stdout, stderr } = await commandLineProcess(words, { env, cwd: houseFolder() });
  expect({ code, stderr, said: JSON.parse(stdout) }).toMatchObject({
    code: 0,
    stderr: '',
    said: { topic: 'site-a/sensors/7/reading', matchingSubscribers: true },
  });
  expect((await next()).text()).toBe('{"celsius":20}');
}, 60_000);

it('explains itself', async () => {
  const { code, stdout } = await ran(['publish', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Example: npx topicwise publish reading');
});
