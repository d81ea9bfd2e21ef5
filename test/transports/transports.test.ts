import type { Socket } from 'node:net';
import { duplexPair, PassThrough } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import {
  connectTcp,
  connectTls,
  connectUnix,
  connectWebSocket,
  fromDuplex,
  memoryTransportPair,
  type Transport,
  WebSocketTransport,
} from '../../src/transports/index.js';
import {
  type Accept,
  certificate,
  serveTcp,
  serveTls,
  serveUnix,
  serveWebSocket,
  type TestServer,
} from '../support/transports/servers.js';

/** One end of a stream as a test sees it. */
class End {
  readonly transport: Transport;
  text = '';
  onText: () => void = () => undefined;
  readonly chunks: number[] = [];
  readonly closed: Promise<Error | undefined>;
  #more: () => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.closed = new Promise((resolve) => {
      transport.start((chunk) => {
        this.text += Buffer.from(chunk).toString('latin1');
        this.chunks.push(chunk.length);
        this.onText();
        this.#more();
      }, resolve);
    });
  }

  async until(text: string): Promise<void> {
    while (this.text !== text) {
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  write(text: string): boolean {
    const bytes = Buffer.from(text);
    const flowing = this.transport.write(bytes);
    bytes.fill(0x21); // a transport has taken the bytes before `write` returns
    return flowing;
  }
}

type Pair = () => Promise<[End, End]>;

/** A pair of ends over a server of the test's own. */
function over(
  serve: (accept: Accept) => Promise<TestServer>,
  connect: (server: TestServer) => Promise<Transport>,
): Pair {
  return async () => {
    const { server, accepted } = await serving(serve);
    const client = await connect(server);
    return [new End(client), new End(fromDuplex(await accepted))];
  };
}

async function serving(serve: (accept: Accept) => Promise<TestServer>) {
  let accept: Accept = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    accept = (_, socket) => resolve(socket);
  });
  return { server: await serve((stream, socket) => accept(stream, socket)), accepted };
}

function overWebSocket(secure: boolean): Pair {
  return async () => {
    let accept: (transport: Transport) => void = () => undefined;
    const accepted = new Promise<Transport>((resolve) => {
      accept = resolve;
    });
    const { url } = await serveWebSocket(() => undefined, {
      ...(secure && { tls: {} }),
      raw: (webSocket) => accept(new WebSocketTransport(webSocket)),
    });
    const tls = { ca: await certificate('ca') };
    const client = await connectWebSocket({ url: new URL(url), tls });
    return [new End(client), new End(await accepted)];
  };
}

async function customPair(): Promise<[End, End]> {
  const [left, right] = duplexPair();
  left.once('close', () => right.destroy()); // which the pair leaves to its user
  return [new End(fromDuplex(left)), new End(fromDuplex(right))];
}

const host = '127.0.0.1';

const kinds: [string, Pair][] = [
  ['TCP', over(serveTcp, ({ port }) => connectTcp({ host, port }))],
  [
    'TLS',
    over(serveTls, async ({ port }) => connectTls({ host, port, tls: { ca: await certificate('ca') } })),
  ],
  ['Unix socket', over(serveUnix, ({ path }) => connectUnix({ path }))],
  ['WebSocket', overWebSocket(false)],
  ['secure WebSocket', overWebSocket(true)],
  ['custom stream', customPair],
];

describe.each(kinds)('%s', (_, pair) => {
  it('carries bytes both ways, in order, and takes them before write returns', async () => {
    const [left, right] = await pair();
    left.write('one ');
    left.write('two');
    right.write('back');
    await Promise.all([right.until('one two'), left.until('back')]);
    left.transport.close();
    expect(await Promise.all([left.closed, right.closed])).toEqual([undefined, undefined]);
  });

  it('delivers what was written before close()', async () => {
    const [left, right] = await pair();
    const much = 'x'.repeat(100_000);
    left.write(much);
    left.transport.close();
    left.transport.close();
    expect(await right.closed).toBeUndefined();
    expect(right.text).toBe(much);
    expect(left.write('into the void')).toBe(true);
  });

  it('delivers nothing to an end that closed', async () => {
    const [left, right] = await pair();
    right.transport.close();
    left.write('late');
    await Promise.all([left.closed, right.closed]);
    expect(right.text).toBe('');
  });

  it('close(error) cuts at once and says why at its own end', async () => {
    const [left, right] = await pair();
    const why = new Error('because');
    left.transport.close(why);
    expect(await left.closed).toBe(why);
    await right.closed;
  });

  it('reads nothing while paused', async () => {
    const [left, right] = await pair();
    left.write('a');
    await right.until('a');
    right.transport.pause();
    left.write('b');
    right.write('go');
    await left.until('go');
    expect(right.text).toBe('a');
    right.transport.resume();
    await right.until('ab');
  });

  it('closes while it is paused', async () => {
    const [left, right] = await pair();
    right.transport.pause();
    left.write('unread');
    right.write('go');
    await left.until('go');
    right.transport.close();
    await Promise.all([left.closed, right.closed]);
    expect(right.text).toBe('');
  });

  it.each(['client', 'server'])(
    'tells the %s when the peer is too slow, and when to go on',
    async (writer) => {
      const ends = await pair();
      const [left, right] = writer === 'client' ? ends : [ends[1], ends[0]];
      right.transport.pause();
      const drained = new Promise<void>((resolve) => left.transport.onDrain(resolve));
      let written = 0;
      const megabyte = 'x'.repeat(1_000_000);
      do written += megabyte.length;
      while (left.write(megabyte));
      right.transport.resume();
      await drained;
      left.transport.close();
      await right.closed;
      expect(right.text.length).toBe(written);
      expect(right.text).not.toContain('!');
    },
  );
});

describe('memory', () => {
  it('delivers in a microtask, what one tick wrote together, cut as told', async () => {
    const [left, right] = memoryTransportPair({
      cut: (bytes) => [...bytes].map((byte) => Uint8Array.of(byte)),
    });
    const [a, b] = [new End(left), new End(right)];
    a.write('ab');
    a.write('c');
    expect(b.text).toBe('');
    await Promise.resolve();
    expect([b.text, b.chunks]).toEqual(['abc', [1, 1, 1]]);
  });

  it('keeps what came before the end listened', async () => {
    const [left, right] = memoryTransportPair();
    left.write(Buffer.from('early'));
    left.close();
    const late = new End(right);
    expect(await late.closed).toBeUndefined();
    expect(late.text).toBe('early');
  });
});

describe('connectTcp', () => {
  it('rejects with the error of the system', async () => {
    await expect(connectTcp({ host: '127.0.0.1', port: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('gives up with the reason of its signal, before and during the attempt', async () => {
    const reason = new Error('changed my mind');
    const { port } = await serveTcp(() => undefined);
    const target = { host: '127.0.0.1', port };
    await expect(connectTcp({ ...target, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const connecting = connectTcp({ ...target, signal: abort.signal });
    abort.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it.each([
    ['TCP', serveTcp, connectTcp],
    ['TLS', serveTls, connectTls],
  ])('over %s, loses nothing that came before anybody listened', async (_, serve, connect) => {
    const { server, accepted } = await serving(serve);
    const client = await connect({ host, port: server.port, tls: { ca: await certificate('ca') } });
    (await accepted).write('greeting');
    const [left, right] = await over(serveTcp, ({ port }) => connectTcp({ host, port }))();
    for (const text of ['once', 'once and again']) {
      left.write(text.slice(left.text.length)); // there and back: what was written before has arrived, too
      await right.until(text);
      right.write(text.slice(left.text.length));
      await left.until(text);
    }
    const end = new End(client);
    await end.until('greeting');
  });
});

describe('fromDuplex', () => {
  it('says so when the stream is closed already', async () => {
    const stream = new PassThrough();
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(await new End(fromDuplex(stream)).closed).toBeUndefined();
  });

  it('refuses a stream that carries something else than bytes', async () => {
    const text = new PassThrough({ encoding: 'utf8' });
    const end = new End(fromDuplex(text));
    text.write('abc');
    expect(await end.closed).toMatchObject({ message: expect.stringContaining('must carry bytes') });
  });

  it('ends although its peer, which has ended, does not read what is still to be written', async () => {
    const [left, right] = duplexPair();
    const end = new End(fromDuplex(left));
    end.write('x'.repeat(1_000_000));
    right.end();
    expect(await end.closed).toBeUndefined();
    expect(left.destroyed).toBe(true);
  });

  it('reports why the stream failed, and nobody has to listen for it before', async () => {
    const stream = new PassThrough();
    const transport = fromDuplex(stream);
    stream.destroy(new Error('cable pulled'));
    expect(await new End(transport).closed).toMatchObject({ message: 'cable pulled' });
  });
});

describe('connectTls', () => {
  it('asks a host for its name, and an address for none', async () => {
    const ca = await certificate('ca');
    const nameAsked = async (host: string, tls: ConnectionOptions = {}) => {
      const { server, accepted } = await serving(serveTls);
      const client = await connectTls({ host, port: server.port, tls: { ca, ...tls } });
      const { servername } = (await accepted) as TLSSocket; // of a TLS server
      client.close();
      return servername;
    };
    expect([
      await nameAsked('localhost'),
      await nameAsked('127.0.0.1'),
      await nameAsked('127.0.0.1', { servername: 'localhost' }),
    ]).toEqual(['localhost', false, 'localhost']);
  });
});

describe('connectWebSocket', () => {
  async function opened(options: Partial<Parameters<typeof connectWebSocket>[0]> = {}) {
    let accept: (webSocket: WebSocket) => void = () => undefined;
    const accepted = new Promise<WebSocket>((resolve) => {
      accept = resolve;
    });
    const { url } = await serveWebSocket(() => undefined, { raw: (webSocket) => accept(webSocket) });
    const transport = await connectWebSocket({ url: new URL(url), ...options });
    return { end: new End(transport), webSocket: await accepted };
  }

  // [MQTT-6.0.0-1] [MQTT-6.0.0-3]
  it('sends a binary frame for each write, uncompressed, under the subprotocol mqtt', async () => {
    const { end, webSocket } = await opened();
    let drains = 0;
    end.transport.onDrain(() => drains++);
    const frames: string[] = [];
    const three = new Promise<void>((resolve) => {
      webSocket.on('message', (data, isBinary) => {
        frames.push(`${isBinary ? 'binary' : 'text'} ${data}`);
        if (frames.length === 3) resolve();
      });
    });
    end.write('one');
    end.write('two');
    end.write('three');
    await three;
    expect(frames).toEqual(['binary one', 'binary two', 'binary three']);
    expect([webSocket.protocol, webSocket.extensions]).toEqual(['mqtt', '']);
    expect(drains).toBe(0); // no write was refused
  });

  // [MQTT-6.0.0-1]
  it('closes on a text frame, and says why to both sides', async () => {
    const { end, webSocket } = await opened();
    const code = new Promise((resolve) => webSocket.once('close', resolve));
    webSocket.send('text');
    expect(await end.closed).toMatchObject({ message: expect.stringContaining('text frame') });
    expect(await code).toBe(1003);
    expect(end.text).toBe('');
  });

  it('closes on a message that is too long, before it is all there', async () => {
    const { end, webSocket } = await opened({ maximumMessageSize: 1_000 });
    webSocket.send(new Uint8Array(1_000));
    webSocket.send(new Uint8Array(1_000_000));
    expect(await end.closed).toMatchObject({
      message: 'What came is not as a WebSocket must be: Max payload size exceeded.',
    });
    expect(end.text.length).toBe(1_000);
  });

  it('counts the bytes that it takes in without a wrong sign', async () => {
    const { end, webSocket } = await opened({ maximumMessageSize: 2 ** 32 + 1 });
    webSocket.send('welcome', { binary: true });
    await end.until('welcome');
  });

  it('reports the code and the reason with which the server closes, if it is not an ordinary one', async () => {
    const first = await opened();
    first.webSocket.close(1011, 'out of memory');
    expect(await first.end.closed).toMatchObject({
      message: 'The WebSocket was closed with code 1011, "out of memory".',
    });
    const second = await opened();
    second.webSocket.close(1001);
    expect(await second.end.closed).toBeUndefined();
  });

  it('hands over what came before a pause ends, then the close', async () => {
    const { end, webSocket } = await opened();
    webSocket.send('a', { binary: true });
    await end.until('a');
    end.transport.pause();
    webSocket.send('b', { binary: true });
    webSocket.send('c', { binary: true });
    webSocket.close();
    await new Promise((resolve) => webSocket.ping('', undefined, resolve));
    expect(end.text).toBe('a');
    end.transport.resume();
    await end.closed;
    expect(end.text).toBe('abc');
  });

  it('pauses inside a read: the frames behind wait, and keep their order', async () => {
    const { end, webSocket } = await opened();
    const seen: string[] = [];
    end.onText = () => {
      seen.push(end.text);
      end.transport.pause();
      queueMicrotask(() => {
        seen.push(end.text);
        end.transport.resume();
      });
    };
    // In one segment: the receiver has all of them before the first is handed over.
    (webSocket as unknown as { _socket: Socket })._socket.cork();
    for (const text of ['a', 'b', 'c', 'd']) webSocket.send(text, { binary: true });
    (webSocket as unknown as { _socket: Socket })._socket.uncork();
    await end.until('abcd');
    expect(seen.slice(0, 6)).toEqual(['a', 'a', 'ab', 'ab', 'abc', 'abc']);
  });

  it('is one sentence when the package ws is missing, and hands on another mistake in it', async () => {
    const url = new URL('ws://127.0.0.1:1');
    const missing = Object.assign(new Error("Cannot find package 'ws'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(connectWebSocket({ url, load: () => Promise.reject(missing) })).rejects.toMatchObject({
      message: 'WebSockets need the package ws, which is not installed. Run npm install ws',
      retryable: false,
      cause: missing,
    });
    const broken = new SyntaxError('Unexpected token');
    await expect(connectWebSocket({ url, load: () => Promise.reject(broken) })).rejects.toBe(broken);
  });
});
