import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { topicwise } from '../../../src/cli/topicwise.js';
import { houseFolder, leavingServer, listeningBroker, ran } from '../../support/cli/command-line.js';
import { readAlong, startCommandLine } from '../../support/cli/process-beside.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest, freePorts, serveTcp } from '../../support/transports/servers.js';

/** The command in this process, once it listens; ended after the test. */
async function tapping(words: readonly string[], { url, cwd }: { url: string; cwd?: string }) {
  const host = new RecordingHost(cwd);
  host.env['MQTT_URL'] = url;
  const ended = topicwise(['tap', ...words], host);
  afterThisTest(() => {
    host.signal();
    return ended;
  });
  await host.stderr.until(/listens to/);
  return { host, ended };
}

const json = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('prints', () => {
  it('topic, payload and what else was said, and ends after --count', async () => {
    const { broker, url } = await listeningBroker();
    broker.publish({ topic: 'socks/attic', payload: 'kept', retain: true });
    const { host, ended } = await tapping(['socks/#', '--count', '4'], { url });
    await host.printed(/kept/);
    broker.publish({ topic: 'socks/hall', payload: '{"pairs": 7}', qos: 1 });
    broker.publish({
      topic: 'socks/hall',
      payload: Uint8Array.of(0xff, 0),
      qos: 2,
      properties: {
        contentType: 'image/png',
        messageExpiryInterval: 60,
        responseTopic: 'answers',
        correlationData: Uint8Array.of(1, 2),
        userProperties: [['trace', 'abc']],
      },
    });
    broker.publish({ topic: 'socks/hall', payload: '' });
    expect(await ended).toBe(0);
    expect(host.stdout.text).toBe(
      [
        'socks/attic  kept',
        '  QoS 0, retained',
        'socks/hall  {"pairs": 7}',
        '  QoS 1',
        'socks/hall  ff00',
        '  QoS 2, content type image/png, expires in 60 s, response topic answers, correlation data 0102, trace=abc',
        'socks/hall  (no bytes)',
        '  QoS 0',
        '',
      ].join('\n'),
    );
    expect(host.stderr.text).toBe(`topicwise tap: listens to socks/# on ${url}. Ctrl-C ends it.\n`);
  });

  it('payloads by the contract, and what does not fit it', async () => {
    const { broker, url } = await listeningBroker();
    const { host, ended } = await tapping(['site-a/#', '--entry', 'app.ts', '--count', '4'], {
      url,
      cwd: houseFolder(),
    });
    const properties = { contentType: 'text/x-upside-down' };
    broker.publish({ topic: 'site-a/sensors/7/reading', payload: '{"celsius":20}' });
    broker.publish({ topic: 'site-a/sensors/7/reading', payload: '{"celsius":"warm"}' });
    broker.publish({ topic: 'site-a/turned', payload: ']2,1[', properties });
    broker.publish({ topic: 'site-a/unknown', payload: 'x' });
    expect(await ended).toBe(0);
    expect(host.stdout.text).toBe(
      [
        'site-a/sensors/7/reading  {"celsius":20}',
        '  reading id=7, QoS 0',
        'site-a/sensors/7/reading  {"celsius":"warm"}',
        '  reading id=7, QoS 0',
        '  The payload does not fit "sensors/+id/reading": celsius: Invalid input: expected number, received string.',
        'site-a/turned  [1,2]',
        '  turned, QoS 0, content type text/x-upside-down',
        'site-a/unknown  x',
        '  QoS 0',
        '',
      ].join('\n'),
    );
  });

  it('JSON, an object a line', async () => {
    const { broker, url } = await listeningBroker();
    const { host, ended } = await tapping(['reading', '--entry', 'app.ts', '--json', '--count', '2'], {
      url,
      cwd: houseFolder(),
    });
    broker.publish({ topic: 'elsewhere', payload: 'not this one' });
    broker.publish({
      topic: 'site-a/sensors/7/reading',
      payload: '{"celsius":20}',
      qos: 1,
      properties: { userProperties: [['a', '1']] },
    });
    broker.publish({ topic: 'site-a/sensors/8/reading', payload: 'warm', qos: 1 });
    expect(await ended).toBe(0);
    const common = { qos: 1, retain: false, duplicate: false, contract: 'reading' };
    expect(json(host.stdout.text)).toEqual([
      {
        ...common,
        topic: 'site-a/sensors/7/reading',
        params: { id: '7' },
        userProperties: [['a', '1']],
        payloadEncoding: 'json',
        payload: { celsius: 20 },
      },
      {
        ...common,
        topic: 'site-a/sensors/8/reading',
        params: { id: '8' },
        invalid: expect.stringMatching(/^The payload does not fit "sensors\/\+id\/reading": it is not JSON/),
        payloadEncoding: 'text',
        payload: 'warm',
      },
    ]);
  });

  it('nothing that a terminal would obey', async () => {
    const { broker, url } = await listeningBroker();
    const { host, ended } = await tapping(['#', '--count', '1'], { url });
    broker.publish({
      topic: 'a\u202eb',
      payload: 'one\ntwo\u2028',
      properties: { contentType: 'x\u202e', userProperties: [['n\u2066', '\u200fv']] },
    });
    await ended;
    expect(host.stdout.text).toBe(
      'a\\u202eb  one\\u000atwo\\u2028\n  QoS 0, content type x\\u202e, n\\u2066=\\u200fv\n',
    );
  });

  it('the beginning of a long payload, unless as JSON', async () => {
    const { broker, url } = await listeningBroker();
    const short = await tapping(['#', '--count', '1'], { url });
    const long = await tapping(['#', '--count', '1', '--json'], { url });
    broker.publish({ topic: 'a', payload: 'x'.repeat(3_000) });
    await Promise.all([short.ended, long.ended]);
    expect(short.host.stdout.text).toBe(`a  ${'x'.repeat(2_000)}… (3000 bytes)\n  QoS 0\n`);
    expect(json(long.host.stdout.text)).toMatchObject([{ payload: 'x'.repeat(3_000) }]);
  });
});

it('acknowledges what it prints, and subscribes at no more than --qos', async () => {
  const { broker, url } = await listeningBroker();
  const { host } = await tapping(['#', '--client-id', 'ear', '--qos', '1'], { url });
  broker.publish({ topic: 'a', payload: 'one', qos: 2 });
  broker.publish({ topic: 'a', payload: 'two', qos: 1 });
  await host.printed(/one\n {2}QoS 1\n.*two\n {2}QoS 1\n/);
  host.signal();
});

describe('ends', () => {
  it.each([['5'], ['4']])(
    'after --count, and leaves nothing behind that collects messages, on protocol %s',
    async (protocol) => {
      const { broker, url } = await listeningBroker();
      const words = ['#', '--client-id', 'ear', '--protocol', protocol, '--count', '1'];
      const { host, ended } = await tapping(words, { url });
      broker.restart({ keepSessions: true, goodbye: false }); // on MQTT 3.1.1 the first session is a clean one, the next is not
      await host.stderr.until(/The connection is back/);
      broker.publish({ topic: 'a', payload: 'still here', retain: true }); // whether it is subscribed to already or not
      await host.printed(/still here/);

      expect(await ended).toBe(0);
      expect(host.isDeaf).toBe(true);
      expect(broker.session('ear')?.subscriptions.size ?? 0).toBe(0);
    },
  );

  it('at a signal', async () => {
    const { url } = await listeningBroker();
    const { host, ended } = await tapping(['#'], { url });
    host.signal();
    expect(await ended).toBe(0);
    expect(host.isDeaf).toBe(true);
  });

  it('at once with 1 at a second signal', async () => {
    const { url } = await listeningBroker();
    const { host, ended } = await tapping(['#'], { url });
    host.signal();
    host.signal();
    expect(host.exits).toEqual([1]);
    await ended;
  });

  it('at a signal while it connects', async () => {
    const calls = new EventEmitter();
    const dialled = once(calls, 'dialled');
    const { url } = await serveTcp(() => calls.emit('dialled'));
    const host = new RecordingHost();
    const ended = topicwise(['tap', '#', '--url', url], host);
    await dialled;
    host.signal();
    expect(await ended).toBe(0);
  });

  it('with 1 where the broker is not there, refuses the filter or goes before it answers', async () => {
    const { nobody = 0 } = await freePorts('nobody');
    const { url } = await listeningBroker({ authorize: () => 0x87 });
    for (const [address, sentence] of [
      [`mqtt://127.0.0.1:${nobody}`, /: Could not reach .+: nothing listens there\. .+\.\n$/],
      [url, /: .*Not authorized.*\.\n$/],
    ] as const) {
      const { code, stdout, stderr } = await ran(['tap', '#', '--url', address]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^topicwise tap: /);
      expect(stderr).toMatch(sentence);
    }
  });

  it('with 1 where another client takes its name', async () => {
    const { url } = await listeningBroker();
    const { ended, host } = await tapping(['#', '--client-id', 'ear'], { url });
    const other = await tapping(['#', '--client-id', 'ear'], { url });
    expect(await ended).toBe(1);
    expect(host.stderr.text).toMatch(
      /topicwise tap: The connection to \S+ was lost: .*Session taken over.*\.\n$/i,
    );
    other.host.signal();
    expect(await other.ended).toBe(0);
  });
});

describe('tells on stderr that the broker went and came back', () => {
  it('with the session', async () => {
    const { broker, url } = await listeningBroker();
    const { host } = await tapping(['#'], { url });
    broker.restart({ keepSessions: true, goodbye: false });
    broker.publish({ topic: 'a', payload: 'meanwhile', qos: 1 });
    await host.printed(/meanwhile/);
    expect(host.stderr.text).toMatch(
      /topicwise tap: The connection is gone: .+\. Trying again\.\ntopicwise tap: The connection is back\. What was published meanwhile at QoS 1 and 2 still comes\.\n$/,
    );
  });

  it('without the session', async () => {
    const { broker, url } = await listeningBroker();
    const { host } = await tapping(['a/#', '--client-id', 'ear'], { url });
    broker.restart({ keepSessions: false, goodbye: true });
    await host.stderr.until(/The connection is back\. What was published meanwhile is lost: .+\.\n$/);
  });
});

it.each([
  ['a filter that is none', ['a/#/b'], 1, 'The filter "a/#/b" has "#" before its end: '],
  ['an empty count', ['a', '--count', '0'], 2, "--count takes a whole number from 1, not '0'."],
  ['an application without a file', ['a', '--app', 'x'], 2, '--app chooses among the applications'],
  ['a missing entry', ['a', '--entry', 'no.ts'], 1, 'no.ts does not exist.'],
])('refuses %s', async (_what, words, code, sentence) => {
  const result = await ran(['tap', ...words]);
  expect([result.code, result.stdout]).toEqual([code, '']);
  expect(result.stderr).toContain(`topicwise tap: ${sentence}`);
});

it('explains itself', async () => {
  const { code, stdout } = await ran(['tap', '--help']);
  expect([code, stdout]).toEqual([0, expect.stringContaining("Example: npx topicwise tap 'sensors/#'")]);
});

it('works as a process, until SIGINT', async () => {
  const { broker, url } = await listeningBroker();
  const child = startCommandLine(['tap', '#', '--json'], { env: { MQTT_URL: url } });
  const { host, closed } = readAlong(child);
  await host.stderr.until(/listens to #/);
  broker.publish({ topic: 'a', payload: '{"n":1}' });
  await host.printed(/\n/);
  child.kill('SIGINT');
  expect(await closed).toEqual([0, null]);
  expect(json(host.stdout.text)).toMatchObject([{ topic: 'a', payload: { n: 1 } }]);
}, 60_000);

it('does not start over where the broker goes before it answered', async () => {
  const { code, stderr } = await ran(['tap', '#', '--url', await leavingServer()]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^topicwise tap: /)]);
});
