import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket, createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { topicwise } from '../../../src/cli/topicwise.js';
import { connect } from '../../../src/client/index.js';
import { encodePacket } from '../../../src/packets/index.js';
import { connectPacket } from '../../support/broker/raw-client.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest, listening } from '../../support/transports/servers.js';

const made = vi.hoisted(() => [] as Server[]);
vi.mock('node:net', async (original) => {
  const net = await original<typeof import('node:net')>();
  const createServer = (...words: Parameters<typeof net.createServer>) => {
    const server = net.createServer(...words);
    made.push(server);
    return server;
  };
  return { ...net, createServer };
});
afterEach(() => {
  made.length = 0;
});

/** The command in this process, on free ports; ended after the test. */
async function running(...words: string[]) {
  const host = new RecordingHost();
  const ended = topicwise(['broker', '--port', '0', ...words], host);
  afterThisTest(() => {
    host.signal();
    return ended;
  });
  const [, url = ''] = await host.printed(/listens on (mqtt:\S+:\d+)/);
  return { host, ended, url };
}

it('prints where it listens, and a line for each connection that opens and closes', async () => {
  const { host, url, ended } = await running('--ws-port', '0');
  const [, webSocketUrl = ''] = await host.printed(/ and (ws:\S+)\./);
  const modern = await connect(url, { clientId: 'hall' });
  const old = await connect(webSocketUrl, { clientId: 'attic', protocol: 4 });
  await modern.disconnect();
  await host.printed(/closed +"hall"/);
  host.signal();
  expect(await ended).toBe(0);
  await old.close();
  expect(host.stdout.text.replaceAll(/127\.0\.0\.1:\d+/g, '<address>')).toBe(
    [
      'The broker listens on mqtt://<address> and ws://<address>. Ctrl-C ends it.',
      'connected "hall" (MQTT 5.0, <address>)',
      'connected "attic" (MQTT 3.1.1, <address>)',
      'closed    "hall" (MQTT 5.0, <address>): The client said goodbye.',
      'closed    "attic" (MQTT 3.1.1, <address>): The broker shuts down.',
      '',
    ].join('\n'),
  );
  expect(host.stderr.text).toBe('');
});

const hello = Buffer.from([0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 1, 0x61]);
const clearScreen = Buffer.from([
  0x10, 17, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 4, 0x1b, 0x5b, 0x32, 0x4a,
]);

describe('says why a connection ended', () => {
  it.each<[string, Uint8Array, RegExp]>([
    [
      'the client left in good order',
      Buffer.from([...hello, 0xe0, 0]),
      /^closed {4}"a" .*: The client said goodbye\.$/m,
    ],
    [
      'the client left with its will',
      Buffer.from([...hello, 0xe0, 1, 4]),
      /^closed {4}"a" .*: The client left with .*Disconnect with Will Message.*\.$/m,
    ],
    [
      'the client broke the protocol',
      Buffer.from([...hello, 0, 0]),
      /^closed {4}"a" .*: .*packet type 0.*$/im,
    ],
    ['it came without CONNECT', Buffer.from([0xc0, 0]), /^closed {4}127\S+: .+$/m],
    ['it spoke HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /^closed {4}127\S+: .+$/m],
    [
      'it wanted what MQTT 3.1.1 does not have',
      Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 0, 0, 0]),
      /^refused .*: MQTT 3\.1\.1 keeps no session without a client identifier\.$/m,
    ],
    [
      'it is named so that a terminal would obey',
      Buffer.from([...clearScreen, 0xe0, 0]),
      /^closed {4}.*: .+$/m,
    ],
    [
      'its method of authentication is named so',
      encodePacket(connectPacket(5, { properties: { authenticationMethod: '\u001b[2J' } }), 5),
      /^refused .*: The broker has no authentication method \\u001b\[2J\.$/m,
    ],
  ])('%s', async (_name, bytes, line) => {
    const { host, url } = await running();
    const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
    await host.printed(line);
    expect(host.stdout.text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u); // a terminal would obey them
  });

  it('the network failed, or the client closed without a word', async () => {
    const { host, url } = await running();
    for (const [end, line] of [
      ['end', /The client closed its end\./],
      ['resetAndDestroy', /The network failed: .*ECONNRESET.*\./],
    ] as const) {
      const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
      socket.write(hello);
      await once(socket, 'data');
      socket[end]();
      socket.resume();
      await host.printed(line);
    }
  });

  it('another client took the session', async () => {
    const { host, url } = await running();
    const first = await connect(url, { clientId: 'twin', reconnect: false });
    const second = await connect(url, { clientId: 'twin' });
    await host.printed(/closed +"twin" .*: Another connection took over the session\./);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('ends', () => {
  it('with 0 on the first signal, and at once with 1 on a second one', async () => {
    const { host, ended } = await running();
    host.signal();
    expect(host.exits).toEqual([]);
    host.signal();
    expect(host.exits).toEqual([1]);
    expect(await ended).toBe(0); // what would have come of it without the second
    expect(host.isDeaf).toBe(true);
  });

  it.each(['--port', '--ws-port'])('with 1 and a sentence where %s is in use', async (option) => {
    const taken = createServer();
    const port = String(await listening(taken, { port: 0, host: '127.0.0.1' }));
    const host = new RecordingHost();
    const code = await topicwise(['broker', '--port', '0', option, port], host);
    expect([code, host.stdout.text]).toEqual([1, '']);
    expect(host.stderr.text).toMatch(
      new RegExp(`^topicwise broker: Port ${port} of 127\\.0\\.0\\.1 is in use\\. [^\\n]+\\.\\n$`),
    );
    expect(host.isDeaf).toBe(true);
    expect(made.filter((server) => server !== taken).some((server) => server.listening)).toBe(false);
  });

  it('with 1 and a sentence where the host is not of this machine', async () => {
    const host = new RecordingHost();
    expect(await topicwise(['broker', '--port', '0', '--host', '192.0.2.1'], host)).toBe(1);
    expect(host.stderr.text).toContain("'192.0.2.1' is no address of this machine. ");
  });

  it.each([
    ['an unknown option', ['--prot', '1'], "'--prot' is not understood. Did you mean '--port'?"],
    ['an unknown short option', ['-p', '1'], "'-p' is not understood."],
    ['a word', ['1883'], "'1883' is not understood."],
    ['no port', ['--port'], '--port takes a number from 0 to 65535.'],
    ['a port that is none', ['--port', 'many'], "--port takes a number from 0 to 65535, not 'many'."],
    ['a port beyond the last', ['--ws-port=65536'], "--ws-port takes a number from 0 to 65535, not '65536'."],
    ['an empty port', ['--port='], "--port takes a number from 0 to 65535, not ''."],
    ['no host', ['--host'], '--host takes an address, such as 0.0.0.0.'],
    ['help with a value', ['--help=me'], '--help takes no value.'],
  ])('with 2 and a sentence on %s', async (_name, words, sentence) => {
    const host = new RecordingHost();
    expect(await topicwise(['broker', ...words], host)).toBe(2);
    expect([host.stdout.text, host.stderr.text]).toEqual([
      '',
      `topicwise broker: ${sentence} See 'topicwise broker --help'.\n`,
    ]);
  });
});

it.each(['--help', '-h'])('explains itself on %s', async (option) => {
  const host = new RecordingHost();
  expect(await topicwise(['broker', option], host)).toBe(0);
  for (const word of [
    'Usage: topicwise broker',
    '--port',
    '--ws-port',
    '--host',
    'Example: npx topicwise broker',
  ])
    expect(host.stdout.text).toContain(word);
});

it('complains about a connection that the system did not give, and goes on', async () => {
  const { host, url } = await running();
  made[0]!.emit('error', new Error('accept EMFILE'));
  expect(host.stderr.text).toBe(`topicwise broker: ${url} could not take a connection: accept EMFILE.\n`);
  await (await connect(url)).close();
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  'serves a foreign client as a process of its own, until %s',
  async (signal) => {
    const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'broker', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    afterThisTest(() => child.kill('SIGKILL'));
    const host = new RecordingHost(); // only to read along
    child.stdout.on('data', (text) => host.stdout.write(String(text)));
    child.stderr.on('data', (text) => host.stderr.write(String(text)));
    const closed = once(child, 'close');
    const [, url = ''] = await host.printed(/listens on (mqtt:\S+)\. /);
    const client = await mqtt.connectAsync(url, { clientId: 'foreign', reconnectPeriod: 0 });
    await client.publishAsync('a', 'x', { qos: 1 });
    await host.printed(/connected "foreign" \(MQTT 3\.1\.1, 127\.0\.0\.1:\d+\)/);
    child.kill(signal);
    const [code] = await closed;
    await client.endAsync(true);
    expect([code, host.stderr.text]).toEqual([0, '']);
    expect(host.stdout.text).toMatch(/closed +"foreign" .*: The broker shuts down\.\n$/);
  },
  60_000,
);
