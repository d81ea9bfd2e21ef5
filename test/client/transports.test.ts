// Every address that connect() takes, end to end, and what it says when that fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createWebSocketStream } from 'ws';
import {
  type Client,
  type ConnectError,
  type ConnectOptions,
  connect,
  type Endpoint,
  fromDuplex,
  type Message,
} from '../../src/client/index.js';
import { encodePacket } from '../../src/packets/index.js';
import { FakeBroker } from '../../src/testing/index.js';
import { VirtualClock } from '../../src/time/index.js';
import { describeWithMosquitto } from '../support/mosquitto.js';
import { connackOf } from '../support/scripted-peer.js';
import {
  type Accept,
  afterThisTest,
  certificate,
  certificatePath,
  freePorts,
  identity,
  listening,
  serveTcp,
  serveTls,
  serveUnix,
  serveWebSocket,
  temporaryFolder,
} from '../support/transports/servers.js';

type Served = { endpoint: Endpoint; options?: ConnectOptions };
const addresses: [string, (accept: Accept) => Promise<Served>][] = [
  ['mqtt://', async (accept) => ({ endpoint: (await serveTcp(accept)).url })],
  ['mqtt://[::1]', async (accept) => ({ endpoint: (await serveTcp(accept, '::1')).url })],
  ['mqtts://', async (accept) => ({ endpoint: (await serveTls(accept)).url, options: await trusting() })],
  [
    'mqtts:// with a client certificate',
    async (accept) => ({
      endpoint: (await serveTls(accept, { requestCert: true, ca: await certificate('ca') })).url,
      options: await trusting(await identity('client')),
    }),
  ],
  ['ws://', async (accept) => ({ endpoint: new URL((await serveWebSocket(accept)).url) })],
  [
    'wss:// with a client certificate',
    async (accept) => ({
      endpoint: (await serveWebSocket(accept, { tls: { requestCert: true, ca: await certificate('ca') } }))
        .url,
      options: await trusting(await identity('client')),
    }),
  ],
  ['mqtt+unix://', async (accept) => ({ endpoint: (await serveUnix(accept)).url })],
  [
    'a stream of the caller',
    async (accept) => ({
      endpoint: {
        connect: async () => {
          const [ours, theirs] = duplexPair();
          accept(theirs, theirs as unknown as Socket); // nothing here uses it as a socket
          return fromDuplex(ours);
        },
      },
    }),
  ],
];

// A mosquitto says in its configuration where it listens, so ports have to be looked for before.
const ports: Readonly<Record<string, number>> = await freePorts('mqtts', 'ws', 'wss');
const unixPath = join(tmpdir(), `topicwise-${process.pid}.sock`);
const tlsLines = [
  `cafile ${certificatePath('ca')}`,
  `certfile ${certificatePath('server')}`,
  `keyfile ${certificatePath('server-key')}`,
  'require_certificate true',
];

async function trusting(tls: ConnectOptions['tls'] = {}): Promise<ConnectOptions> {
  return { tls: { ca: await certificate('ca'), ...tls } };
}

const megabyte = Buffer.alloc(1_048_576, 'topicwise');

async function exchange(client: Client, payload = megabyte): Promise<void> {
  await client.subscribe('big/#');
  for (const qos of [1, 2] as const) {
    await client.publish(`big/${qos}`, payload, { qos });
    const [message] = await take(client, 1);
    expect(Buffer.compare(message!.payload, payload)).toBe(0);
    await message!.ack();
  }
}

async function take(client: Client, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of client.messages()) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

async function fakeBroker(): Promise<FakeBroker> {
  const broker = new FakeBroker({ clock: 'real', capabilities: { maximumPacketSize: 2_000_000 } });
  afterThisTest(() => broker.close());
  return broker;
}

describe.each(addresses)('%s', (_, serve) => {
  it('carries the same packets as a connection in memory, a megabyte in one of them too', async () => {
    const known = { clientId: 'c' };
    const inMemory = await fakeBroker();
    const there = await connect(inMemory.endpoint, known);
    await exchange(there);
    await there.disconnect();

    const broker = await fakeBroker();
    const { endpoint, options } = await serve((stream) => broker.attach(fromDuplex(stream)));
    const here = await connect(endpoint, { ...known, ...options });
    await exchange(here);
    await here.disconnect();
    const packets = (transcript: string) => transcript.split('\n').filter((line) => !line.includes('closed'));
    expect(packets(broker.transcript())).toEqual(packets(inMemory.transcript()));
  });

  it('tells that the broker says goodbye', async () => {
    const broker = await fakeBroker();
    const { endpoint, options } = await serve((stream) => broker.attach(fromDuplex(stream)));
    const client = await connect(endpoint, options);
    const gone = client.disconnected();
    await broker.close();
    expect(await gone).toMatchObject({ by: 'server', reasonCode: 0x8b });
    await client.close();
  });

  it('does not wait for a peer that never closes its end', async () => {
    const clock = new VirtualClock();
    const { endpoint, options } = await serve((stream) => {
      stream.once('data', () => {
        stream.write(encodePacket(connackOf(0), 5));
        stream.pause(); // so it never reads that the client closed
      });
    });
    const client = await connect(endpoint, { ...options, clock });
    const closing = client.close();
    await clock.advance(1_000);
    await closing;
    expect(client.state.state).toBe('closed');
  });
});

/** What `connect` rejects with. */
async function failure(endpoint: Endpoint, options?: ConnectOptions): Promise<ConnectError> {
  const outcome = await connect(endpoint, options).then(
    () => 'connected',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ kind: 'connect' });
  return outcome as ConnectError; // the line above has looked
}

const nobody = () => undefined;

describe.each([
  ['mqtts://', (options: TlsOptions, accept: Accept = nobody) => serveTls(accept, options)],
  ['wss://', (tls: TlsOptions, accept: Accept = nobody) => serveWebSocket(accept, { tls })],
])('a certificate of the server at %s', (_, serve) => {
  it.each([
    ['is from an unknown authority', 'server', undefined, 'comes from an authority that is not trusted here'],
    ['is from another authority', 'server', 'other-ca', 'comes from an authority that is not trusted here'],
    ['has expired', 'server-expired', 'ca', "the server's certificate has expired"],
    ['is for another host', 'server-elsewhere', 'ca', "the server's certificate is for another host"],
  ])('%s', async (_, name, ca, sentence) => {
    const { url } = await serve(await identity(name));
    const error = await failure(url, ca === undefined ? {} : { tls: { ca: await certificate(ca) } });
    expect(error.message).toMatch(/^Could not reach (mqtts|wss):[^:]+:\d+(\/mqtt)?: [^.]+\. [^.]+\.$/);
    expect(error.message).toContain(sentence);
    expect(error).toMatchObject({ retryable: false, cause: { code: expect.any(String) } });
  });

  it('is looked at whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    afterThisTest(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
    expect(await failure((await serve({})).url)).toMatchObject({ retryable: false });
  });

  it('is not looked at where the caller says so', async () => {
    const broker = await fakeBroker();
    const { url } = await serve(await identity('server-expired'), (stream) =>
      broker.attach(fromDuplex(stream)),
    );
    await (await connect(url, { tls: { rejectUnauthorized: false } })).close();
  });
});

describe('a WebSocket', () => {
  it('takes path and query along; user name and password are for MQTT alone', async () => {
    const broker = await fakeBroker();
    let request: IncomingMessage | undefined;
    const { port } = await serveWebSocket(nobody, {
      raw: (webSocket, upgrade) => {
        request = upgrade;
        broker.attach(fromDuplex(createWebSocketStream(webSocket)));
      },
    });
    const seen: unknown[] = [];
    broker.watch(({ packet }) => packet.type === 'connect' && seen.push(packet.username));
    await (await connect(`ws://user:open-sesame@127.0.0.1:${port}/mqtt?a=b%20c`)).close();
    expect(seen).toEqual(['user']);
    expect(request).toMatchObject({ url: '/mqtt?a=b%20c', headers: { 'sec-websocket-protocol': 'mqtt' } });
    expect(inspect(request?.rawHeaders)).not.toMatch(/authorization|sesame/i);
  });

  it('is closed by a message that is longer than packets may be', async () => {
    const { url } = await serveWebSocket(nobody, {
      raw: (webSocket) => webSocket.send(new Uint8Array(1_100_000)),
    });
    expect((await failure(url, { maximumPacketSize: 10_000 })).message).toContain(
      'Max payload size exceeded',
    );
  });
});

describe('what listens there', () => {
  it.each(['mqtts', 'wss'])('does not speak TLS: %s://', async (scheme) => {
    const { port } = await serveTcp((stream) => stream.write('220 smtp.example ready\r\n'));
    const error = await failure(`${scheme}://127.0.0.1:${port}`);
    expect(error.message).toContain('does not speak TLS. Check port and scheme.');
    expect(error.retryable).toBe(false);
  });

  it.each(['mqtts', 'ws', 'wss'])(
    'ends the connection in the middle of the handshake: %s://',
    async (scheme) => {
      const { port } = await serveTcp((stream) => stream.once('data', () => stream.destroy()));
      const error = await failure(`${scheme}://127.0.0.1:${port}`);
      expect(error.message).toContain(': the connection was ended from the other side.');
      expect(error.message.includes('which client certificate it wants')).toBe(scheme !== 'ws');
      expect(error).toMatchObject({ retryable: true, cause: { code: 'ECONNRESET' } });
    },
  );

  it('does not speak HTTP', async () => {
    const { port } = await serveTcp((stream) => stream.write('220 smtp.example ready\r\n'));
    expect((await failure(`ws://127.0.0.1:${port}`)).message).toBe(
      `Could not reach ws://127.0.0.1:${port}: what listens there does not speak HTTP. Check port and scheme.`,
    );
  });

  it.each([
    [404, 'Not Found', 'Check the path', false],
    [401, 'Unauthorized', 'Check what the server asks for before it takes a WebSocket', false],
    [302, 'Found', 'Connect to where it redirects', false],
    [503, 'Service Unavailable', 'Try again later', true],
    [200, 'OK', 'Check the path', false],
  ])('answers HTTP %i', async (status, text, advice, retryable) => {
    const server = createHttpServer((_, response) =>
      response.writeHead(status, { location: '/x' }).end('page'),
    );
    const port = await listening(server, { port: 0, host: '127.0.0.1' });
    const error = await failure(`ws://127.0.0.1:${port}/mqtt?token=open-sesame`);
    expect(error.message).toBe(
      `Could not reach ws://127.0.0.1:${port}/mqtt: the server answered HTTP ${status} ${text} instead of taking a WebSocket. ${advice}.`,
    );
    expect(error.retryable).toBe(retryable);
  });

  it.each([false, 'chat'] as const)('takes the WebSocket under the subprotocol %s', async (subprotocol) => {
    const { url } = await serveWebSocket(nobody, { subprotocol });
    const error = await failure(url);
    expect(error.message).toContain('without the subprotocol mqtt');
    expect(error.retryable).toBe(false);
  });

  it('upgrades to something else', async () => {
    const server = createHttpServer();
    server.on('upgrade', (_, socket) =>
      socket.write(
        'HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
      ),
    );
    const port = await listening(server, { port: 0, host: '127.0.0.1' });
    expect((await failure(`ws://127.0.0.1:${port}`)).message).toContain('the server took no WebSocket:');
  });
});

describe('a Unix socket', () => {
  it('that is not there may come', async () => {
    const path = join(await temporaryFolder(), 'none.sock');
    const error = await failure(`mqtt+unix://${path}`);
    expect(error.message).toBe(
      `Could not reach mqtt+unix://${path}: there is no such file. Start the broker or correct the path.`,
    );
    expect(error).toMatchObject({ retryable: true, cause: { code: 'ENOENT' } });
  });

  it('that this process may not use', async () => {
    const { path } = await serveUnix(nobody);
    await chmod(path, 0);
    const error = await asOrdinaryUser(() => failure(`mqtt+unix://${path}`));
    expect(error.message).toContain('this process may not connect there. Check the permissions');
    expect(error).toMatchObject({ retryable: false, cause: { code: 'EACCES' } });
  });

  it('whose path the system would cut', async () => {
    const error = await failure(`mqtt+unix:///${'x'.repeat(150)}`);
    expect(error.message).toMatch(/the path of a Unix socket has at most \d+ bytes, this one 151\.$/);
    expect(error.retryable).toBe(false);
  });

  it('whose path has characters that a URL must escape', async () => {
    const folder = join(await temporaryFolder(), 'a b#ü%');
    await mkdir(folder);
    const broker = await fakeBroker();
    const path = join(folder, 's');
    await listening(
      createServer((socket) => broker.attach(fromDuplex(socket))),
      { path },
    );
    await using client = await connect(`mqtt+unix://${encodeURI(path).replace('#', '%23')}`);
    expect(client.state.state).toBe('connected');
  });
});

/** Root may do everything, so this process becomes somebody else for a while. */
async function asOrdinaryUser<T>(body: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return body();
  process.seteuid?.(65_534);
  try {
    return await body();
  } finally {
    process.seteuid?.(0);
  }
}

describe('an address or option that cannot be is refused in a sentence', () => {
  const pem = '-----BEGIN CERTIFICATE-----\n';
  it.each<[string, Endpoint, ConnectOptions, string]>([
    [
      'TLS options in the clear',
      'mqtt://host',
      { tls: {} },
      'The option tls means nothing for mqtt://, which is not encrypted (mqtt://host:1883). Write mqtts:// or wss://, or leave it out.',
    ],
    [
      'TLS options over ws',
      'ws://host/mqtt',
      { tls: {} },
      'nothing for ws://, which is not encrypted (ws://host:80/mqtt)',
    ],
    [
      'TLS options on a file',
      'mqtt+unix:///run/m.sock',
      { tls: {} },
      'nothing for mqtt+unix://, which is not encrypted',
    ],
    [
      'TLS options for a stream',
      { connect: () => Promise.reject(new Error('never')) },
      { tls: {} },
      'nothing for an endpoint that opens the byte stream itself',
    ],
    [
      'a scheme',
      'mqttt://host',
      {},
      'This client does not speak "mqttt://" (only mqtt://, mqtts://, ws://, wss://, mqtt+unix://)',
    ],
    ['a scheme of Object.prototype', 'constructor://host', {}, 'does not speak "constructor://"'],
    [
      'a path of TCP',
      'mqtts://host/path',
      {},
      '"mqtts://host:8883" is followed by a path, query or fragment',
    ],
    [
      'a fragment',
      'wss://host/path#part',
      {},
      '"wss://host:443" is followed by a fragment, which means nothing here',
    ],
    [
      'a file of two slashes',
      'mqtt+unix://run/mosquitto.sock',
      {},
      '"mqtt+unix://run/mosquitto.sock" names no file: a path follows three slashes',
    ],
    ['a file without a name', 'mqtt+unix:///', {}, 'names no file'],
    ['a file with a query', 'mqtt+unix:///run/m.sock?x', {}, 'has "?" or "#" in its path'],
    [
      'a file name as a key',
      'mqtts://host',
      { tls: { key: 'client.key', cert: pem } },
      'tls.key is not PEM: give the content of the file, not its name.',
    ],
    ['a file name among authorities', 'wss://host', { tls: { ca: [pem, 'ca.crt'] } }, 'tls.ca is not PEM'],
    [
      'a certificate without a key',
      'mqtts://host',
      { tls: { cert: pem } },
      'tls.cert is of no use without tls.key',
    ],
    [
      'another host',
      'mqtts://host',
      { tls: { host: 'elsewhere' } },
      'tls.host means nothing here: the address says it.',
    ],
    [
      'versions that do not exist',
      'mqtts://host',
      { tls: { minVersion: 'TLSv9' as 'TLSv1' } },
      'tls cannot be used: "TLSv9" is not a valid',
    ],
  ])('%s', async (_, endpoint, options, sentence) => {
    const error = await failure(endpoint, options);
    expect(error.message).toContain(sentence);
    expect(error.message).toMatch(/\.$/);
    expect(error).toMatchObject({ retryable: false, disconnection: { by: 'client' } });
  });

  it('a key under another passphrase, or of another certificate', async () => {
    const { cert, key } = await identity('client');
    const encrypted = await certificate('client-key-encrypted');
    const message = async (tls: ConnectOptions['tls']) =>
      (await failure('mqtts://127.0.0.1:1', { tls: tls! })).message;
    const locked = 'tls.key cannot be decrypted: tls.passphrase is wrong or missing.';
    expect(await message({ cert, key: encrypted, passphrase: 'secret' })).toBe(locked);
    expect(await message({ cert, key: encrypted })).toBe(locked);
    expect(await message({ cert: await certificate('server'), key })).toBe(
      'tls.key is not the key of the certificate in tls.cert.',
    );
    // Let in: what fails now is the connection.
    expect(await message({ cert, key: encrypted, passphrase: 'open-sesame' })).toContain(
      'nothing listens there',
    );
  });
});

it('no secret is in any error, or in anything that hangs on it', async () => {
  const { cert } = await identity('client');
  const key = await certificate('client-key-encrypted');
  const secret = '47114711';
  const { url } = await serveWebSocket(nobody, { subprotocol: false });
  const withSecret = (address: string) => address.replace('://', `://user:${secret}@`);
  const attempts: [Endpoint, ConnectOptions][] = [
    ['mqtts://127.0.0.1:1', { tls: { cert, key, passphrase: secret } }],
    ['mqtts://127.0.0.1:1', { tls: { cert, key, passphrase: Number(secret) as unknown as string } }],
    ['mqtts://127.0.0.1:1', { tls: { cert, key: `${secret}.key` } }],
    ['mqtts://127.0.0.1:1', { tls: { cert, key: Number(secret) as unknown as string } }],
    ['mqtts://127.0.0.1:1', { tls: { pfx: secret, passphrase: secret } }],
    ['mqtts://127.0.0.1:1', { password: secret }],
    [`${withSecret(url)}?signature=${secret}`, {}],
    [`wss://127.0.0.1:1/mqtt?signature=${secret}`, { tls: {} }],
    [`ws://host/mqtt?signature=${secret}`, { tls: {} }],
    [`ws://host:port/mqtt?signature=${secret}`, {}],
    [`ws://host:port/mqtt?signature=${secret}@${secret}`, {}],
    [`ws://user:${secret}?${secret}@host:port`, {}],
    [withSecret('mqtt+unix:///run/m.sock'), {}],
    [withSecret('http://host'), {}],
  ];
  for (const [endpoint, options] of attempts) {
    const error = await failure(endpoint, options);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
  }
});

describe('an attempt that hangs', () => {
  type Hanging = { url: string; hangs: Promise<Socket> };
  async function hanging(
    serve: (accept: Accept) => Promise<{ port: number }>,
    address: (port: number) => string,
  ): Promise<Hanging> {
    let accept: (socket: Socket) => void = () => undefined;
    const hangs = new Promise<Socket>((resolve) => {
      accept = resolve;
    });
    const { port } = await serve((_, socket) => accept(socket));
    return { url: address(port), hangs };
  }
  const silentTcp = async (accept: Accept) =>
    serveTcp((stream, socket) => void stream.once('data', () => accept(stream, socket)));
  const phases: [string, () => Promise<Hanging>][] = [
    ['in the TLS handshake', () => hanging(silentTcp, (port) => `mqtts://127.0.0.1:${port}`)],
    ['in the TLS handshake under a WebSocket', () => hanging(silentTcp, (port) => `wss://127.0.0.1:${port}`)],
    ['in the upgrade to a WebSocket', () => hanging(silentTcp, (port) => `ws://127.0.0.1:${port}`)],
    [
      'before CONNACK over TLS',
      () =>
        hanging(
          (accept) => serveTls((stream, socket) => void stream.once('data', () => accept(stream, socket))),
          (port) => `mqtts://127.0.0.1:${port}`,
        ),
    ],
    [
      'before CONNACK over a WebSocket',
      () =>
        hanging(
          (accept) =>
            serveWebSocket((stream, socket) => void stream.once('data', () => accept(stream, socket))),
          (port) => `ws://127.0.0.1:${port}/mqtt`,
        ),
    ],
  ];

  it.each(phases)('%s is given up at connectTimeout, and its socket closed', async (_, serve) => {
    const { url, hangs } = await serve();
    const clock = new VirtualClock();
    const failing = failure(url, { clock, ...(url.startsWith('mqtts') && (await trusting())) });
    const socket = await hangs;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await clock.advance(30_000);
    expect(await failing).toMatchObject({
      retryable: true,
      message: expect.stringContaining('within 30000 ms'),
    });
    socket.resume();
    await closed;
  });

  it.each(phases)('%s is given up when its signal aborts, and its socket closed', async (_, serve) => {
    const { url, hangs } = await serve();
    const abort = new AbortController();
    const connecting = connect(url, {
      signal: abort.signal,
      ...(url.startsWith('mqtts') && (await trusting())),
    });
    const reason = new Error('changed my mind');
    const rejected = expect(connecting).rejects.toBe(reason);
    const socket = await hangs;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    abort.abort(reason);
    await rejected;
    socket.resume();
    await closed;
  });
});

describeWithMosquitto(
  'mosquitto',
  (mosquitto) => {
    const url = (scheme: string) => `${scheme}://127.0.0.1:${ports[scheme]}`;
    const cases: [string, () => Promise<[Endpoint, ConnectOptions]>][] = [
      ['TLS with a client certificate', async () => [url('mqtts'), await trusting(await identity('client'))]],
      ['WebSocket', async () => [url('ws'), {}]],
      [
        'secure WebSocket with a client certificate',
        async () => [url('wss'), await trusting(await identity('client'))],
      ],
      ['Unix socket', async () => [`mqtt+unix://${unixPath}`, {}]],
    ];

    it.each(cases)('takes large payloads both ways over %s', async (_, address) => {
      await (await connect(mosquitto().url)).close(); // it serves: so all its listeners are open
      const [endpoint, options] = await address();
      await using client = await connect(endpoint, options);
      // mosquitto 2.0.11 stops reading a WebSocket at a packet of 200 kB, whoever sends it.
      await exchange(client, String(endpoint).startsWith('ws') ? megabyte.subarray(0, 10_000) : megabyte);
    });

    it.each(cases)('tells over %s that it goes', async (_, address) => {
      const [endpoint, options] = await address();
      const client = await connect(endpoint, options);
      const gone = client.disconnected();
      await mosquitto().restart();
      await gone;
      await client.close();
      await (await connect(mosquitto().url)).close(); // it serves again
    });

    describe.each([
      ['mqtts', 'TLSv1.3'],
      ['mqtts', 'TLSv1.2'],
      ['wss', 'TLSv1.3'],
    ] as const)('refuses in a sentence over %s with %s', (scheme, maxVersion) => {
      it.each([
        ['client-expired', /the server says that the client certificate has expired\. Renew it\.$/],
        ['client-stranger', /the server does not accept the client certificate\. Check tls\.cert, /],
        [
          undefined,
          /the server (wants a client certificate\. Give it in|broke the TLS handshake off\. It may want a client certificate, )/,
        ],
      ])('%s', async (name, sentence) => {
        const options = await trusting({ maxVersion, ...(name !== undefined && (await identity(name))) });
        const error = await failure(url(scheme), options);
        expect(error.message).toMatch(sentence);
        expect(error).toMatchObject({ retryable: false, cause: { code: expect.any(String) } });
      });
    });
  },
  {
    config: [
      `listener ${ports['mqtts']} 127.0.0.1`,
      ...tlsLines,
      `listener ${ports['ws']}`,
      'protocol websockets',
      `listener ${ports['wss']}`,
      'protocol websockets',
      ...tlsLines,
      `listener 0 ${unixPath}`,
    ],
  },
);

describe('in a process of its own', () => {
  const client = fileURLToPath(new URL('../../src/client/index.ts', import.meta.url));
  function run(script: string): Promise<string> {
    const withoutWs = `data:text/javascript,${encodeURIComponent(`
      export async function resolve(specifier, context, next) {
        return next(specifier === 'ws' ? 'the-package-ws-hidden-by-this-test' : specifier, context);
      }`)}`;
    const source = `
      import { register } from 'node:module';
      register(${JSON.stringify(withoutWs)});
      const { connect } = await import(${JSON.stringify(client)});
      ${script}`;
    const child: ChildProcess = spawn(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      source,
    ]);
    afterThisTest(() => child.kill());
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
    return new Promise((resolve) => child.on('close', () => resolve(output)));
  }

  it('a WebSocket without the package ws says how to install it, and other addresses do not need it', async () => {
    const broker = await fakeBroker();
    const { url } = await broker.listen();
    const output = await run(`
      for (const url of ['ws://127.0.0.1:1/mqtt', 'wss://127.0.0.1:1/mqtt']) {
        await connect(url).catch(({ message, retryable }) => console.log(message, retryable));
      }
      const c = await connect(${JSON.stringify(url)});
      console.log(c.state.state);
      await c.close();
    `);
    const sentence = 'WebSockets need the package ws, which is not installed. Run npm install ws.';
    expect(output).toBe(
      ['ws', 'wss'].map((s) => `Could not reach ${s}://127.0.0.1:1/mqtt: ${sentence} false\n`).join('') +
        'connected\n',
    );
  });
});
