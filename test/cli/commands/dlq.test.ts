import { beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../../src/broker/index.js';
import { connect, type Message, type PublishProperties } from '../../../src/client/index.js';
import {
  houseFolder,
  leavingServer,
  listeningBroker,
  type Ran,
  ran,
} from '../../support/cli/command-line.js';
import { commandLineProcess } from '../../support/cli/process-beside.js';
import { describeWithMosquitto } from '../../support/mosquitto.js';
import { afterThisTest } from '../../support/transports/servers.js';

interface Told {
  readonly topic: string;
  readonly handler?: string;
  readonly error?: string;
  readonly qos?: number;
  readonly expiry?: number;
}

/** What a dead letter carries besides its message's own. */
const story = ({
  topic,
  handler = 'SensorController.onReading',
  error = 'RangeError',
  qos = 1,
  expiry,
}: Told) =>
  [
    ['dl-topic', topic],
    ['dl-handler', handler],
    ['dl-error', error],
    ['dl-message', 'too hot'],
    ['dl-attempts', '4'],
    ['dl-first-seen', '2026-01-01T00:00:00.000Z'],
    ['dl-packet-qos', `${qos}`],
    ...(expiry === undefined ? [] : [['dl-message-expiry-interval', `${expiry}`] as const]),
  ] as readonly (readonly [string, string])[];

let broker: Broker;
let url: string;
beforeEach(async () => {
  ({ broker, url } = await listeningBroker());
});

/** The broker has sent everything that waits before it answers a SUBSCRIBE, so there is nothing to wait for. */
const dlq = (...words: string[]): Promise<Ran> =>
  ran(['dlq', ...words, '--wait', '0ms'], {
    env: { MQTT_URL: url },
    ...(words.includes('--entry') && { cwd: houseFolder() }),
  });

function die(told: Told, payload: string, properties: PublishProperties = {}): void {
  broker.publish({
    topic: `dead-letter/${told.topic}`,
    payload,
    qos: 1,
    properties: { ...properties, userProperties: [...(properties.userProperties ?? []), ...story(told)] },
  });
}

/** A session with three dead letters. */
async function threeDied(): Promise<void> {
  await dlq('list');
  die({ topic: 'sensors/7/reading' }, '{"celsius":200}', { userProperties: [['a', '1']] });
  die({ topic: 'lamps/2', handler: 'onLamp', error: 'TypeError' }, 'on');
  die({ topic: 'sensors/8/reading', error: 'TypeError' }, '{"celsius":201}');
}

const numbers = ({ stdout }: Ran): number[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { number: number }).number);
const held = async (): Promise<string[]> =>
  (await dlq('list', '--json')).stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { topic: string }).topic);

/** Somebody who gets the messages of a topic. */
async function receiver(filter: string) {
  const client = await connect(url);
  afterThisTest(() => client.close());
  const stream = await client.stream(filter);
  return async (): Promise<Message> => (await stream.next()).value ?? Promise.reject(new Error('it ended'));
}

describe('list', () => {
  it('says at the first call that the session begins, and holds what dies from then on', async () => {
    die({ topic: 'too/early' }, 'x');
    expect(await dlq('list')).toEqual({
      code: 0,
      stdout: 'No dead letters.\n',
      stderr:
        'topicwise dlq list: The session "topicwise-dlq" begins now: the broker keeps dead letters in it from here on. Earlier ones are not there.\n',
    });
    die({ topic: 'sensors/7/reading' }, '{}');
    die({ topic: 'lamps/2', handler: 'onLamp' }, 'on');
    const table = [
      '#  first seen                topic              handler                     attempts  error',
      '1  2026-01-01T00:00:00.000Z  sensors/7/reading  SensorController.onReading  4         RangeError: too hot',
      '2  2026-01-01T00:00:00.000Z  lamps/2            onLamp                      4         RangeError: too hot',
      '',
    ].join('\n');
    for (const _twice of [1, 2]) expect(await dlq('list')).toEqual({ code: 0, stdout: table, stderr: '' });
  });

  it('as JSON, an object a line', async () => {
    await threeDied();
    const { stdout } = await dlq('list', '--json');
    expect(JSON.parse(stdout.split('\n')[1] ?? '')).toEqual({
      number: 2,
      deadLetterTopic: 'dead-letter/lamps/2',
      topic: 'lamps/2',
      qos: 1,
      firstSeen: '2026-01-01T00:00:00.000Z',
      handler: 'onLamp',
      attempts: 4,
      error: 'TypeError',
      message: 'too hot',
    });
  });

  it.each([
    [
      ['--topic', 'sensors/#'],
      [1, 3],
    ],
    [['--topic', '+/8/+'], [3]],
    [['--handler', 'onLamp'], [2]],
    [
      ['--error', 'TypeError'],
      [2, 3],
    ],
    [['--error', 'TypeError', '--topic', 'sensors/#'], [3]],
    [['--handler', 'nobody'], []],
    [
      ['--limit', '2'],
      [1, 2],
    ],
  ])('with %j keeps the numbers', async (filters, expected) => {
    await threeDied();
    expect(numbers(await dlq('list', '--json', ...filters))).toEqual(expected);
    expect(await held()).toHaveLength(3);
  });

  it('says where there may be more, and where none fits', async () => {
    await threeDied();
    expect((await dlq('list', '--limit', '2')).stderr).toBe(
      'topicwise dlq list: There may be more behind these: they come once these are gone, or with a higher --limit.\n',
    );
    expect((await dlq('list', '--handler', 'nobody')).stdout).toBe('No dead letter fits.\n');
  });

  it('finds those of an application with a prefix, in a session of its own, by topics with and without it', async () => {
    const words = ['list', '--json', '--entry', 'app.ts'];
    expect((await dlq(...words)).stderr).toContain('The session "topicwise-dlq-site-a" begins now');
    broker.publish({
      topic: 'site-a/dead-letter/sensors/7/reading',
      payload: '{}',
      qos: 1,
      properties: { userProperties: story({ topic: 'site-a/sensors/7/reading' }) },
    });
    for (const topic of ['sensors/#', 'site-a/sensors/#'])
      expect(numbers(await dlq(...words, '--topic', topic))).toEqual([1]);
    expect(numbers(await dlq('list', '--json', '--prefix', 'site-a', '--topic', 'sensors/#'))).toEqual([1]);
  });

  it('finds those that a policy sends elsewhere', async () => {
    const words = ['--letters', 'failed/#', '--client-id', 'failures'];
    await dlq('list', ...words);
    broker.publish({
      topic: 'failed/it',
      payload: 'x',
      qos: 1,
      properties: { userProperties: story({ topic: 'a' }) },
    });
    expect(numbers(await dlq('list', '--json', ...words))).toEqual([1]);
  });

  it('escapes what a terminal would obey', async () => {
    await dlq('list');
    die({ topic: 'a', handler: 'on\u202eLamp' }, 'x');
    expect((await dlq('list')).stdout).toContain('on\\u202eLamp');
  });

  it('says what the broker does with the session', async () => {
    ({ broker, url } = await listeningBroker({ capabilities: { sessionExpiryMaximum: 60 } }));
    expect((await dlq('list')).stderr).toContain('The broker keeps it for 60 s after a call, no longer.\n');
  });

  it('touches nothing in the session of something else', async () => {
    const app = await connect(url, { clientId: 'house' });
    await app.subscribe('sensors/#');
    await app.disconnect();
    broker.publish({ topic: 'sensors/7', payload: 'x', qos: 1 });
    expect(await dlq('list', '--client-id', 'house')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'topicwise dlq list: The session "house" holds "sensors/7", which is no dead letter: it is the session of something else. Nothing was acknowledged. Write another --client-id.\n',
    });
    const again = await connect(url, { clientId: 'house' });
    afterThisTest(() => again.close());
    expect((await again.messages().next()).value?.topic).toBe('sensors/7');
  });

  it('on MQTT 3.1.1 knows the topic alone, and says what else it does not know', async () => {
    await dlq('list', '--protocol', '4');
    die({ topic: 'sensors/7/reading' }, 'x');
    const { stdout, stderr } = await dlq('list', '--protocol', '4');
    expect(stdout).toMatch(/^1 {2}\? {11}sensors\/7\/reading {2}\? {8}\? {9}\?$/m);
    expect(stderr).toContain('On MQTT 3.1.1 a broker may show only some at once');
    expect(await dlq('list', '--protocol', '4', '--error', 'TypeError')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not tell its handler and error: use --topic.'),
    });
  });
});

describe('show', () => {
  it('prints one in full, decoded by the contract of its message, and keeps it', async () => {
    await dlq('list');
    die({ topic: 'sensors/7/reading', qos: 2, expiry: 60 }, '{"celsius":"warm"}', {
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: Uint8Array.of(1),
      userProperties: [['a', '1']],
    });
    for (const _twice of [1, 2]) {
      expect(
        (
          await dlq(
            'show',
            '1',
            '--entry',
            'app.ts',
            '--client-id',
            'topicwise-dlq',
            '--letters',
            'dead-letter/#',
          )
        ).stdout,
      ).toBe(
        [
          'number      1',
          'lies on     dead-letter/sensors/7/reading',
          'came on     sensors/7/reading',
          'came with   QoS 2, content type application/json, expires in 60 s, response topic answers, correlation data 01, a=1',
          'first seen  2026-01-01T00:00:00.000Z',
          'handler     SensorController.onReading',
          'attempts    4',
          'error       RangeError',
          'message     too hot',
          'contract    reading',
          'misfit      The payload does not fit "sensors/+id/reading": celsius: Invalid input: expected number, received string.',
          'payload     {"celsius":"warm"}',
          '',
        ].join('\n'),
      );
    }
  });

  it('as JSON', async () => {
    await threeDied();
    expect(JSON.parse((await dlq('show', '1', '--json')).stdout)).toMatchObject({
      number: 1,
      topic: 'sensors/7/reading',
      userProperties: [['a', '1']],
      payloadEncoding: 'json',
      payload: { celsius: 200 },
    });
  });

  it.each([
    ['4', 'There is no dead letter 4: the session holds 1 to 3.'],
    ['0', 'There is no dead letter 0: the session holds 1 to 3.'],
    ['one', 'There is no dead letter one: the session holds 1 to 3.'],
  ])('fails where there is no %s', async (number, sentence) => {
    await threeDied();
    expect(await dlq('show', number)).toEqual({
      code: 1,
      stdout: '',
      stderr: `topicwise dlq show: ${sentence}\n`,
    });
  });
});

describe('replay', () => {
  it('rule 12: publishes the message as it came, and lets go of the dead letter', async () => {
    const next = await receiver('sensors/#');
    await dlq('list');
    const properties = {
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: Uint8Array.of(1),
      userProperties: [['a', '1']] as const,
    };
    die({ topic: 'sensors/7/reading', qos: 2, expiry: 60 }, '{"celsius":200}', properties);
    expect(await dlq('replay', '1')).toEqual({
      code: 0,
      stdout: 'replayed 1  sensors/7/reading\n',
      stderr: '',
    });
    const message = await next();
    expect([message.topic, message.text(), message.qos, message.retain]).toEqual([
      'sensors/7/reading',
      '{"celsius":200}',
      2,
      false,
    ]);
    expect(message).toMatchObject({ ...properties, messageExpiryInterval: 60 });
    expect(await held()).toEqual([]);
  });

  it('takes those that the filters leave, and no others', async () => {
    const next = await receiver('sensors/#');
    await threeDied();
    expect((await dlq('replay', '--topic', 'sensors/#')).stdout).toBe(
      'replayed 1  sensors/7/reading\nreplayed 3  sensors/8/reading\n',
    );
    expect([(await next()).topic, (await next()).topic]).toEqual(['sensors/7/reading', 'sensors/8/reading']);
    expect(await held()).toEqual(['lamps/2']);
  });

  it('keeps one to whose topic nobody subscribes, and goes on', async () => {
    await receiver('lamps/#');
    await threeDied();
    expect(await dlq('replay', '--all')).toEqual({
      code: 1,
      stdout: [
        'kept 1  sensors/7/reading: nobody subscribes to sensors/7/reading.',
        'replayed 2  lamps/2',
        'kept 3  sensors/8/reading: nobody subscribes to sensors/8/reading.',
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(await held()).toEqual(['sensors/7/reading', 'sensors/8/reading']);
  });

  it('keeps what the broker refuses, what has no legal topic, and what tells none', async () => {
    ({ broker, url } = await listeningBroker({
      authorize: ({ action }) => (action === 'publish' ? 0x87 : 0),
    }));
    await dlq('list', '--letters', '#');
    die({ topic: 'sensors/7' }, 'x');
    broker.publish({
      topic: 'dead-letter/x',
      payload: 'x',
      qos: 1,
      properties: { userProperties: story({ topic: 'a/+' }) },
    });
    broker.publish({ topic: 'elsewhere', payload: 'x', qos: 1 });
    const { code, stdout } = await dlq('replay', '--all', '--letters', '#', '--json');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([code, lines]).toEqual([
      1,
      [
        { number: 1, topic: 'sensors/7', outcome: 'kept', reason: expect.stringContaining('Not authorized') },
        { number: 2, topic: 'a/+', outcome: 'kept', reason: expect.stringContaining('wildcard') },
        { number: 3, outcome: 'kept', reason: 'it does not tell on which topic its message came' },
      ],
    ]);
    expect((await dlq('list', '--letters', '#', '--json')).stdout.trim().split('\n')).toHaveLength(3);
  });

  it('replays on MQTT 3.1.1 what its topic tells', async () => {
    const next = await receiver('sensors/#');
    await dlq('list', '--protocol', '4');
    die({ topic: 'sensors/7/reading' }, 'x');
    expect((await dlq('replay', '1', '--protocol', '4')).stdout).toBe('replayed 1  sensors/7/reading\n');
    expect((await next()).topic).toBe('sensors/7/reading');
    expect(await held()).toEqual([]);
  });
});

describe('purge', () => {
  it.each([
    [['2'], 'purged 2  lamps/2\n', ['sensors/7/reading', 'sensors/8/reading']],
    [['--error', 'TypeError'], 'purged 2  lamps/2\npurged 3  sensors/8/reading\n', ['sensors/7/reading']],
    [['--all'], 'purged 1  sensors/7/reading\npurged 2  lamps/2\npurged 3  sensors/8/reading\n', []],
  ])('%j lets go of those, out of order too', async (words, stdout, left) => {
    await threeDied();
    expect(await dlq('purge', ...words)).toEqual({ code: 0, stdout, stderr: '' });
    expect(await held()).toEqual(left);
  });

  it('says where none fits', async () => {
    await threeDied();
    expect(await dlq('purge', '--handler', 'nobody')).toMatchObject({
      code: 0,
      stdout: 'No dead letter fits.\n',
    });
  });

  it.each([['5'], ['4']])('ends the session with all that is in it, on protocol %s', async (protocol) => {
    await threeDied();
    expect(await dlq('purge', '--end-session', '--protocol', protocol)).toEqual({
      code: 0,
      stdout: 'The session topicwise-dlq is gone, with all that was in it.\n',
      stderr: '',
    });
    expect(broker.session('topicwise-dlq')).toBeUndefined();
  });
});

it.each([
  [
    'replay without a choice',
    ['replay'],
    'Which dead letters? Write a number of the list, --topic, --handler, --error or --all.',
  ],
  [
    'purge without a choice',
    ['purge'],
    'Which dead letters? Write a number of the list, --topic, --handler, --error or --all.',
  ],
  ['two choices', ['purge', '1', '--all'], 'Write one of these: a number, filters, or --all.'],
  [
    'the end of the session and a choice',
    ['purge', '--end-session', '--all'],
    '--end-session lets go of everything: leave number, filters and --all out.',
  ],
  [
    'show without a number',
    ['show'],
    '<number> is missing: it takes the number of a dead letter in the list.',
  ],
  [
    'a limit beyond the last',
    ['list', '--limit', '65536'],
    "--limit takes a number from 1 to 65535, not '65536'.",
  ],
])('does not understand %s', async (_what, words, sentence) => {
  const path = `topicwise dlq ${words[0]}`;
  expect(await ran(['dlq', ...words])).toEqual({
    code: 2,
    stdout: '',
    stderr: `${path}: ${sentence} See '${path} --help'.\n`,
  });
});

it.each([
  ['the filter of letters', ['list', '--letters', 'a/#/b']],
  ['the filter of topics', ['list', '--topic', 'a/#/b']],
  ['the filter of what is published again', ['replay', '--topic', 'a/#/b']],
  ['the filter of what is let go of', ['purge', '--topic', 'a/#/b']],
])('refuses %s where it is none, before a session begins', async (_what, words) => {
  url = 'mqtt://127.0.0.1:1'; // where nothing listens
  const { code, stderr } = await dlq(...words);
  expect([code, stderr]).toEqual([1, expect.stringContaining('The filter "a/#/b" has "#" before its end')]);
});

it.each([['list'], ['replay', '--all'], ['purge', '--all']])(
  'fails where the broker goes in the middle: %s',
  async (...words) => {
    url = await leavingServer();
    const { code, stdout, stderr } = await dlq(...words);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^topicwise dlq \w+: The connection to \S+ was lost: .+\.\n$/);
  },
);

it('fails where the broker refuses the subscription', async () => {
  ({ url } = await listeningBroker({ authorize: () => 0x87 }));
  const { code, stderr } = await dlq('list');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^topicwise dlq list: .*Not authorized.*\.\n$/)]);
});

it.each(['list', 'show', 'replay', 'purge'])('%s explains itself, and what the session is', async (name) => {
  const { code, stdout } = await ran(['dlq', name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Example: npx topicwise dlq ${name}`);
  expect(stdout).toContain('MQTT has no queue to look into.');
});

it('works as a process', async () => {
  await threeDied();
  const { code, stdout, stderr } = await commandLineProcess(['dlq', 'list', '--json'], {
    env: { MQTT_URL: url },
  });
  expect([code, stderr, numbers({ code, stdout, stderr })]).toEqual([0, '', [1, 2, 3]]);
}, 60_000);

describeWithMosquitto('on mosquitto', (mosquitto) => {
  it.each([['5'], ['4']])(
    'lists without letting go, and purges out of order, on protocol %s',
    async (protocol) => {
      url = mosquitto().url;
      const words = ['--protocol', protocol, '--client-id', `dlq-${protocol}`, '--wait', '0ms'];
      const call = (...more: string[]) => ran(['dlq', ...more, ...words], { env: { MQTT_URL: url } });
      await call('list');
      const device = await connect(url);
      afterThisTest(() => device.close());
      for (let i = 1; i <= 15; i++)
        await device.publish(`dead-letter/sensors/${i}`, `${i}`, {
          qos: 1,
          userProperties: story({ topic: `sensors/${i}` }),
        });
      const topics = async () =>
        (await call('list', '--json')).stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { topic: string }).topic);
      const all = Array.from({ length: 15 }, (_, i) => `sensors/${i + 1}`);
      expect(await topics()).toEqual(all);
      expect((await call('purge', '--topic', 'sensors/9')).stdout).toBe('purged 9  sensors/9\n');
      expect((await call('purge', '3')).stdout).toBe('purged 3  sensors/3\n');
      expect(await topics()).toEqual(all.filter((topic) => topic !== 'sensors/9' && topic !== 'sensors/3'));
      await call('purge', '--end-session');
    },
  );
});
