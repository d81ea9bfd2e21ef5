// Every answer of docs/client-guide.md runs: on the fake broker over TCP, and on mosquitto where the broker's part in it is the point.
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { FakeBroker } from 'topicwise/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithMosquitto } from '../../test/support/mosquitto.js';
import { listenFor } from './after-a-timeout.js';
import { takeInSlowly } from './backpressure.js';
import { workInParallel } from './concurrency.js';
import { comeBackLater } from './persistent-sessions.js';
import { orderOnce } from './qos-2.js';
import { surviveADrop } from './reconnection.js';
import { routeByStream } from './routing.js';
import { shareOneConnection } from './sharing-the-connection.js';
import { stopListening } from './stop-listening.js';
import { leaveAWill } from './will-message.js';
import { listenBesides } from './without-blocking.js';

describe('on the fake broker', () => {
  let broker: FakeBroker;
  let url = '';
  beforeEach(async () => {
    broker = new FakeBroker({ clock: 'real' });
    ({ url } = await broker.listen());
  });
  afterEach(() => broker.close());
  answers(() => url);

  it('holds the broker back', async () => {
    const stored: string[] = [];
    expect(await takeInSlowly(url, async (text) => void stored.push(text))).toBeLessThanOrEqual(2);
    expect(stored).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`));
  });
});

describeWithMosquitto('on mosquitto', (mosquitto) => answers(() => mosquitto().url));

function answers(url: () => string): void {
  it('publishes and receives at QoS 2', async () => {
    expect(await orderOnce(url())).toBe('QoS 2: one pair');
  });

  it('routes by streams', async () => {
    expect(await routeByStream(url())).toEqual([
      'alarms: sensors/cellar/smoke',
      'alarms: sensors/cellar/temperature',
      'temperatures: sensors/cellar/temperature',
    ]);
  });

  it('works in parallel', async () => {
    let atOnce = 0;
    let most = 0;
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const done = await workInParallel(url(), async () => {
      most = Math.max(most, ++atOnce);
      if (atOnce === 2) release();
      await both; // nobody goes on before two are at work
      atOnce--;
    });
    expect(most).toBe(2);
    expect(done.map((line) => line.split(' ')[1]).sort()).toEqual(['dry', 'fold', 'iron', 'wash']);
  });

  it('listens without blocking', async () => {
    const [first, ...rest] = await listenBesides(url());
    expect(first).toBe('not blocked');
    expect(rest.at(-1)).toBe('heard bye');
  });

  it('stops listening and loses nothing', async () => {
    expect(await stopListening(url())).toEqual(['one', 'enough', 'done: true', 'two']);
  });

  it('stops after a timeout and loses nothing', async () => {
    expect(await listenFor(url(), 10)).toEqual(['time is up', 'late']);
  });

  it('survives a lost connection', async () => {
    const { port } = new URL(url());
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      const onward = createConnection(Number(port), '127.0.0.1');
      for (const end of [socket, onward]) end.on('error', () => undefined); // cut on purpose
      socket.pipe(onward).pipe(socket);
      sockets.push(socket, onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address() as AddressInfo; // it listens on TCP
    const cut = () => {
      for (const socket of sockets.splice(0)) socket.destroy();
    };
    try {
      const log = await surviveADrop(`mqtt://127.0.0.1:${address.port}`, cut);
      expect(log.at(-1)).toBe('at noon');
      expect(log.slice(0, -1)).toEqual(['connected', 'waiting', 'connecting', 'connected', 'closed']);
    } finally {
      cut();
      proxy.close();
    }
  });

  it('comes back to its session', async () => {
    expect(await comeBackLater(url())).toEqual(['session present: true', 'while you were away']);
  });

  it('shares the connection', async () => {
    expect(await shareOneConnection(url())).toEqual(['hall: 21.5', 'attic: 21.5']);
  });

  it('leaves a will', async () => {
    expect(await leaveAWill(url())).toBe('boats/anna/status: lost at sea');
  });
}
