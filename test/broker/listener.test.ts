import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Broker, type BrokerObserver, type ListenError, type ListenOptions } from '../../src/broker/index.js';
import { connect } from '../../src/client/index.js';
import { encodePacket } from '../../src/packets/index.js';
import { FakeBroker } from '../../src/testing/index.js';
import { connectPacket, publishPacket } from '../support/broker/raw-client.js';

const protocols = ['mqtt', 'ws'] as const;

let broker: FakeBroker;
beforeEach(() => {
  broker = new FakeBroker({ clock: 'real' });
});
afterEach(() => broker.close());

describe.each(protocols)('listen({ protocol: %j })', (protocol) => {
  it('says where clients connect to, on this machine only', async () => {
    const { url } = await broker.listen({ protocol });
    expect(url).toMatch(new RegExp(`^${protocol}://127\\.0\\.0\\.1:\\d+$`));
    const six = await broker.listen({ protocol, host: '::1' });
    expect(six.url).toMatch(new RegExp(`^${protocol}://\\[::1\\]:\\d+$`));
  });

  it('carries a session, packets of 200 kB in it too', async () => {
    const { url } = await broker.listen({ protocol });
    await using client = await connect(url);
    await client.subscribe('big');
    for (const qos of [0, 1, 2] as const) {
      const payload = new Uint8Array(200_000).fill(qos);
      await client.publish('big', payload, { qos });
      for await (const message of client.messages()) {
        expect(Buffer.compare(message.payload, payload)).toBe(0);
        await message.ack();
        break;
      }
    }
  });

  it('lets the observer know where a client is, and why it went', async () => {
    const seen: string[] = [];
    const own = new Broker({ observer: observed((line) => seen.push(line)) });
    const { url } = await own.listen({ protocol });
    const client = await connect(url, { clientId: 'hall' });
    await client.disconnect();
    const broken = await connect(url, { clientId: 'attic', reconnect: false });
    const gone = broken.disconnected();
    await own.close();
    await gone;
    await broken.close();
    expect(seen).toEqual([
      expect.stringMatching(/^hall 127\.0\.0\.1:\d+ The client said goodbye\.$/),
      expect.stringMatching(/^attic 127\.0\.0\.1:\d+ The broker shuts down\.$/),
    ]);
  });

  it('takes no more connections than its limit', async () => {
    await using small = new FakeBroker({ clock: 'real', limits: { connections: 1 } });
    const { url } = await small.listen({ protocol });
    await using first = await connect(url);
    await expect(connect(url)).rejects.toMatchObject({ kind: 'connect' });
    await first.publish('a', 'still here', { qos: 1 });
  });

  it('ends the connections of one listener, and gives its port back', async () => {
    const mine = await broker.listen({ protocol });
    const other = await broker.listen();
    const gone = await connect(mine.url, { reconnect: false });
    await using stays = await connect(other.url);
    const disconnected = gone.disconnected();
    await Promise.all([mine.close(), mine.close()]);
    await disconnected;
    await gone.close();
    await stays.publish('a', '', { qos: 1 });
    const { url } = await broker.listen({ protocol, port: Number(new URL(mine.url).port) });
    expect(url).toBe(mine.url);
  });

  it('closes although somebody connected and says nothing', async () => {
    const { url } = await broker.listen({ protocol });
    const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await broker.close();
    socket.resume();
    await closed;
  });

  it.each<[string, (port: number) => ListenOptions, string, RegExp]>([
    [
      'a port that is in use',
      (port) => ({ port }),
      'EADDRINUSE',
      /^Port \d+ of 127\.0\.0\.1 is in use\. Stop/,
    ],
    [
      'a host of another machine',
      () => ({ host: '192.0.2.1' }),
      'EADDRNOTAVAIL',
      /^'192\.0\.2\.1' is no address of this machine\. Give 127\.0\.0\.1/,
    ],
    ['no host', () => ({ host: '' }), 'ERR_INVALID_ARG_VALUE', /host is empty\. Give/],
    [
      'a port out of range',
      () => ({ port: 70_000 }),
      'ERR_INVALID_ARG_VALUE',
      /port is 70000\. Give a whole/,
    ],
    ['half a port', () => ({ port: 1.5 }), 'ERR_INVALID_ARG_VALUE', /port is 1\.5\. Give a whole/],
  ])('answers %s with one sentence that says what to do', async (_name, wrong, code, sentence) => {
    const { url } = await broker.listen();
    const options = { ...wrong(Number(new URL(url).port)), protocol } as ListenOptions; // the spread widened the protocol
    const error: ListenError = await broker.listen(options).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'ListenError', kind: 'listen', code });
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain('\n');
  });
});

describe('options that do not belong together', () => {
  it.each([
    [{ path: '/mqtt' }, "path is for protocol 'ws'"],
    [{ protocol: 'ws', path: 'mqtt' }, "path is 'mqtt'. Give one that starts with '/'"],
    [{ protocol: 'ws', path: '/mqtt?x' }, "path is '/mqtt?x'."],
    [{ protocol: 'quic' }, "protocol is 'quic'. Give 'mqtt' or 'ws'"],
  ])('%j: %s', async (options, sentence) => {
    // What the types refuse, a program without types may give.
    await expect(broker.listen(options as ListenOptions)).rejects.toThrow(sentence);
  });
});

describe('MQTT over WebSocket', () => {
  it('selects the subprotocol mqtt among those that are offered, without compression [MQTT-6.0.0-4]', async () => {
    const { socket } = await opened(['mqttv3.1', 'mqtt']);
    expect([socket.protocol, socket.extensions]).toEqual(['mqtt', '']);
    socket.close();
  });

  it('answers in binary frames, and closes with 1003 on a text frame [MQTT-6.0.0-1]', async () => {
    const { socket, closed, frames } = await opened();
    socket.send(hello);
    await frames(1);
    socket.send('a text frame');
    expect(await closed).toBe(1003);
    expect(await frames(1)).toEqual(['binary']);
  });

  it('takes packets that end anywhere in the frames [MQTT-6.0.0-2]', async () => {
    const { socket, frames } = await opened();
    const bytes = Buffer.concat([
      hello,
      ...[1, 2].map((packetId) => encodePacket(publishPacket('a', 'x', { qos: 1, packetId }), 5)),
    ]);
    for (const byte of bytes.subarray(0, 30)) socket.send(new Uint8Array([byte]));
    socket.send(bytes.subarray(30));
    await frames(2); // CONNACK, and both PUBACKs in one write
    expect(broker.published.map(({ topic }) => topic)).toEqual(['a', 'a']);
    socket.close();
  });

  it('closes with 1009 on a message that could hold no packet, before it is all there', async () => {
    await using small = new FakeBroker({ clock: 'real', capabilities: { maximumPacketSize: 1_000 } });
    const { socket, closed } = await opened(['mqtt'], small);
    socket.send(new Uint8Array(3 * 1_048_576));
    expect(await closed).toBe(1009);
  });

  it.each([
    ['any path', undefined, '/', 101],
    ['any path', undefined, '/what/ever', 101],
    ['its own path', '/mqtt', '/mqtt', 101],
    ['its own path, with a query', '/mqtt', '/mqtt?token=1', 101],
    ['its own path', '/mqtt', '/', 404],
    ['its own path', '/mqtt', '/mqtt/more', 404],
  ])('takes clients under %s, here %s: %s is %i', async (_name, path, asked, status) => {
    const { url } = await broker.listen({ protocol: 'ws', path });
    expect(new URL(url).pathname).toBe(path ?? '/');
    expect(await statusOf(new URL(asked, url), 'mqtt')).toBe(status);
  });

  it('refuses a client that does not offer mqtt, with 400 [MQTT-6.0.0-4]', async () => {
    const { url } = await broker.listen({ protocol: 'ws' });
    expect(await statusOf(new URL(url), 'chat')).toBe(400);
    expect(await statusOf(new URL(url))).toBe(400);
  });

  it('tells a web browser what it is', async () => {
    const { url } = await broker.listen({ protocol: 'ws' });
    const answer = await fetch(url.replace('ws:', 'http:'));
    expect([answer.status, await answer.text()]).toEqual([
      426,
      'This port takes MQTT over WebSocket only.\n',
    ]);
  });

  it.each([
    'GARBAGE\r\n\r\n',
    'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
  ])('survives bytes that are no handshake: %j', async (text) => {
    const { url } = await broker.listen({ protocol: 'ws' });
    const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
    socket.write(text);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await (await connect(url)).close();
  });
});

const hello = encodePacket(connectPacket(5, { clientId: 'web' }), 5);

/** An open WebSocket; `frames` resolves with the kinds of those that came once there are as many. */
async function opened(subprotocols: string[] = ['mqtt'], on = broker) {
  const { url } = await on.listen({ protocol: 'ws' });
  const socket = new WebSocket(url, subprotocols);
  const kinds: string[] = [];
  let arrived = () => {};
  socket.on('message', (_data, isBinary) => {
    kinds.push(isBinary ? 'binary' : 'text');
    arrived();
  });
  socket.on('error', () => {}); // what a test does not expect shows in `closed`
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  const frames = async (count: number): Promise<string[]> => {
    while (kinds.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return kinds;
  };
  return { socket, closed, frames };
}

/** The HTTP status that the request for a WebSocket was answered with. */
function statusOf(url: URL, ...subprotocols: string[]): Promise<number> {
  const socket = new WebSocket(url, subprotocols);
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => {
      socket.terminate();
      resolve(statusCode);
    });
  });
}

function observed(print: (line: string) => void): BrokerObserver {
  return {
    packet: () => {},
    message: () => {},
    closed: ({ clientId, peer, ending }) => print(`${clientId} ${peer} ${ending}`),
  };
}

it('wants its options as an object', async () => {
  // @ts-expect-error a caller without types
  await expect(broker.listen(1883)).rejects.toMatchObject({
    name: 'ListenError',
    message: "The broker can't listen: its options are 1883. Give an object, such as { port: 1883 }.",
  });
});
