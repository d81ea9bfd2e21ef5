import { createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { connectTcp, fromDuplex, memoryTransportPair, type Transport } from '../../src/transports/index.js';

/** One end of a stream as a test sees it. */
class End {
  readonly transport: Transport;
  text = '';
  readonly chunks: number[] = [];
  readonly closed: Promise<Error | undefined>;
  #more: () => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.closed = new Promise((resolve) => {
      transport.start((chunk) => {
        this.text += Buffer.from(chunk).toString('latin1');
        this.chunks.push(chunk.length);
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

const opened: { server: Server; sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

async function listen(): Promise<{ port: number; accepted: Promise<Socket> }> {
  const sockets: Socket[] = [];
  const server = createServer();
  opened.push({ server, sockets });
  const accepted = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      sockets.push(socket);
      resolve(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, accepted }; // it listens on TCP
}

async function tcpPair(): Promise<[End, End]> {
  const { port, accepted } = await listen();
  const client = await connectTcp({ host: '127.0.0.1', port });
  return [new End(client), new End(fromDuplex(await accepted, 'tcp'))];
}

const kinds: [string, () => Promise<[End, End]>][] = [
  ['TCP', tcpPair],
  ['memory', async () => memoryTransportPair().map((transport) => new End(transport)) as [End, End]],
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

  it('tells when the peer is too slow, and when to go on', async () => {
    const [left, right] = await pair();
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
  });
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
    const { port } = await listen();
    const target = { host: '127.0.0.1', port };
    await expect(connectTcp({ ...target, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const connecting = connectTcp({ ...target, signal: abort.signal });
    abort.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it('loses nothing that came before anybody listened', async () => {
    const { port, accepted } = await listen();
    const client = await connectTcp({ host: '127.0.0.1', port });
    const socket = await accepted;
    await new Promise<void>((resolve) => {
      socket.write('greeting', () => resolve());
    });
    await new Promise(setImmediate);
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

  it('reports why the stream failed, and nobody has to listen for it before', async () => {
    const stream = new PassThrough();
    const transport = fromDuplex(stream);
    stream.destroy(new Error('cable pulled'));
    expect(await new End(transport).closed).toMatchObject({ message: 'cable pulled' });
  });
});
