// What the scenarios in test/client show from outside, here as events in and effects out: no connection, no time.
import { describe, expect, it } from 'vitest';
import type { ConnackPacket, ConnectPacket, Packet, PublishPacket, QoS } from '../../src/packets/packet.js';
import { type Effects, type LedgerEntry, type PublishRequest, Session } from '../../src/session/index.js';
import { PacketIds } from '../../src/session/packet-ids.js';
import { Queue } from '../../src/session/queue.js';

const connectPacket: ConnectPacket = {
  type: 'connect',
  protocolVersion: 5,
  clientId: 'c',
  cleanStart: false,
  keepAlive: 0,
};

/** A session whose effects are a list. */
class Recorded implements Effects {
  readonly effects: unknown[] = [];
  readonly entries: LedgerEntry[] = [];
  readonly session = new Session(
    {
      protocolVersion: 5,
      receiveMaximum: 10,
      pausesWhenFull: false,
      ackOrder: 'strict',
      sendMaximum: 65_535,
      topicAliasMaximum: 0,
      outboundAliases: 0,
      onSessionLost: 'reject',
      resubscribe: 'when-session-lost',
      replayRetained: false,
      offline: undefined,
      isDurable: false,
    },
    this,
  );

  open(connack: Partial<ConnackPacket> = {}): this {
    this.session.open(connectPacket, 1_000);
    this.session.receive({ type: 'connack', sessionPresent: false, reasonCode: 0, ...connack }, 0);
    this.effects.length = 0;
    return this;
  }

  publish(qos: QoS): PublishRequest {
    const packet: PublishPacket = {
      type: 'publish',
      topic: 't',
      payload: new Uint8Array(0),
      qos,
      retain: false,
      duplicate: false,
    };
    const request = { packet, wasResent: false, settle: () => undefined };
    this.session.publish(request);
    return request;
  }

  send(packet: Packet) {
    this.effects.push(packet.type);
  }
  connected() {
    this.effects.push('connected');
  }
  refused() {
    this.effects.push('refused');
  }
  disconnected() {
    this.effects.push('disconnected');
  }
  deliver(packet: PublishPacket, entry: LedgerEntry | undefined) {
    this.effects.push(`deliver ${packet.topic}`);
    if (entry) this.entries.push(entry);
  }
  answer(_: unknown, outcome: unknown) {
    this.effects.push(outcome instanceof Error ? outcome.message : 'answered');
  }
  challenged(challenge: Uint8Array) {
    this.effects.push(['challenged', challenge]);
  }
  authenticated(data: Uint8Array) {
    this.effects.push(['authenticated', data]);
  }
  subscriptionLost(filter: string) {
    this.effects.push(`lost ${filter}`);
  }
  store() {
    this.effects.push('store');
  }
  hold(held: boolean) {
    this.effects.push(held ? 'hold' : 'go on');
  }
  storeFailed(error: Error) {
    this.effects.push(error.message);
  }
  acknowledged(entry: LedgerEntry) {
    this.effects.push(`${entry.packetId} ${entry.state}`);
  }
}

const maybe = (maybeDelivered: boolean) => new Error(maybeDelivered ? 'maybe delivered' : 'not sent');
const incoming = (packetId: number, qos: 1 | 2 = 1): PublishPacket => ({
  type: 'publish',
  topic: `in/${packetId}`,
  payload: new Uint8Array(0),
  qos,
  retain: false,
  duplicate: false,
  packetId,
});

describe('Session', () => {
  it('has one state after the other, which can be looked at', () => {
    const recorded = new Recorded();
    const { session } = recorded;
    expect(session.state).toEqual({ phase: 'idle' });
    session.open(connectPacket, 0);
    expect(session.state.phase).toBe('connecting');
    session.receive({ type: 'connack', sessionPresent: false, reasonCode: 0 }, 0);
    expect(session.state).toMatchObject({ phase: 'connected', sessionPresent: false });
    session.disconnect(0);
    expect(session.state.phase).toBe('leaving');
    session.lost(maybe);
    expect(session.state.phase).toBe('idle');
    expect(recorded.effects).toEqual(['connect', 'connected', 'disconnect']);
    expect(session.connectionId).toBe(1);
  });

  it('puts the acknowledgement before the news of it, and the news in order', () => {
    const recorded = new Recorded().open();
    for (const packetId of [1, 2]) recorded.session.receive(incoming(packetId), 5);
    recorded.session.settle(recorded.entries[1]!, 0);
    recorded.session.settle(recorded.entries[0]!, 0);
    expect(recorded.effects).toEqual([
      'deliver in/1',
      'deliver in/2',
      'puback',
      '1 sent',
      'puback',
      '2 sent',
    ]);
  });

  it('neither sends nor delivers once it has said goodbye or was told it', () => {
    for (const leave of [
      (session: Session) => session.disconnect(0),
      (session: Session) => session.receive({ type: 'disconnect', reasonCode: 0x8b }, 0),
    ]) {
      const recorded = new Recorded().open();
      recorded.session.receive(incoming(1), 0);
      leave(recorded.session);
      recorded.effects.length = 0;
      recorded.session.receive(incoming(2), 0);
      recorded.session.settle(recorded.entries[0]!, 0);
      recorded.session.ping();
      recorded.session.writable(true, 0);
      recorded.session.disconnect(0);
      expect(recorded.effects).toEqual([]);
      expect(() => recorded.publish(0)).toThrow('requests need a connection');
    }
  });

  it('keeps publishes and a SUBSCRIBE when the connection is gone, and gives them up when none will follow', () => {
    const recorded = new Recorded().open({ properties: { receiveMaximum: 1 } });
    const { session } = recorded;
    recorded.publish(1);
    recorded.publish(1);
    session.subscribe({
      packet: {
        type: 'subscribe',
        packetId: 1,
        subscriptions: [
          { filter: 'a', maximumQoS: 1, noLocal: false, retainAsPublished: false, retainHandling: 'send' },
        ],
      },
      settle: () => undefined,
    });
    session.receive(incoming(1), 0);
    session.settle(recorded.entries[0]!, 0);
    session.receive(incoming(2), 0);
    session.receive(incoming(3), 0);
    session.settle(recorded.entries[2]!, 0);
    recorded.effects.length = 0;

    session.lost(maybe);
    expect(recorded.effects).toEqual(['3 stale']);
    expect(session.counts).toMatchObject({ inFlight: 1, queued: 1, unacknowledged: 0 });
    session.end(maybe);
    expect(recorded.effects.slice(1)).toEqual(['maybe delivered', 'not sent', 'maybe delivered']);
    expect(session.counts).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('knows what the server granted, as it was asked for', () => {
    const recorded = new Recorded().open();
    const { session } = recorded;
    const request = (filter: string) =>
      ({ filter, maximumQoS: 1, noLocal: false, retainAsPublished: false, retainHandling: 'never' }) as const;
    session.subscribe({
      packet: {
        type: 'subscribe',
        packetId: 1,
        subscriptions: [request('yes'), request('no')],
        properties: { subscriptionIdentifier: 3 },
      },
      settle: () => undefined,
    });
    session.receive({ type: 'suback', packetId: 1, reasonCodes: [1, 0x87] }, 0);
    expect([...session.subscriptions]).toMatchObject([
      ['yes', { request: request('yes'), identifier: 3, isGranted: true }],
    ]);

    session.unsubscribe({
      packet: { type: 'unsubscribe', packetId: 1, filters: ['yes'] },
      settle: () => undefined,
    });
    session.receive({ type: 'unsuback', packetId: 2, reasonCodes: [0] }, 0);
    expect(session.subscriptions.size).toBe(0);
  });

  it('remembers over a lost connection which QoS 2 messages it took over, until the server forgets', () => {
    const recorded = new Recorded().open();
    const { session } = recorded;
    session.receive(incoming(1, 2), 0);
    session.settle(recorded.entries[0]!, 0);
    session.receive(incoming(2, 2), 0);
    session.lost(maybe);

    recorded.open({ sessionPresent: true });
    session.receive({ ...incoming(1, 2), duplicate: true }, 0);
    session.receive({ ...incoming(2, 2), duplicate: true }, 0);
    session.settle(recorded.entries[1]!, 0);
    expect(recorded.effects).toEqual(['pubrec', 'pubrec', '2 sent']);

    session.lost(maybe);
    recorded.open({ sessionPresent: false });
    session.receive(incoming(1, 2), 0);
    expect(recorded.effects).toEqual(['deliver in/1']);
  });

  it('refuses what a server must not send while connected', () => {
    const { session } = new Recorded().open();
    expect(() => session.receive({ type: 'auth', reasonCode: 0x19 }, 0)).toThrow(
      'The server sent AUTH, but CONNECT named no authentication method.',
    );
  });

  it('leaves reason string and user properties out of a DISCONNECT that would be too big for the server', () => {
    const sent: Packet[] = [];
    const recorded = new Recorded();
    recorded.send = (packet) => sent.push(packet);
    recorded.open({ properties: { maximumPacketSize: 20 } });
    recorded.session.disconnect(0, { sessionExpiryInterval: 3, reasonString: 'x'.repeat(30) });
    expect(sent.at(-1)).toEqual({
      type: 'disconnect',
      reasonCode: 0,
      properties: { sessionExpiryInterval: 3 },
    });
  });

  it('stays connected when a goodbye is not legal', () => {
    const { session } = new Recorded().open();
    expect(() => session.disconnect(0, { reasonString: 'a\0b' })).toThrow();
    expect(session.state.phase).toBe('connected');
  });
});

describe('PacketIds', () => {
  it('goes round, skips what is in use and gives back what was not sent', () => {
    const ids = new PacketIds<string>(65_534);
    expect(ids.take('a')).toBe(65_535);
    expect(ids.take('b')).toBe(1);
    ids.giveBack(1);
    expect(ids.take('b again')).toBe(1);
    ids.continueAfter(65_534);
    expect(ids.take('c')).toBe(2);
    expect([ids.size, ids.get(1), ids.get(3)]).toEqual([3, 'b again', undefined]);
    ids.free(1);
    expect(ids.get(1)).toBeUndefined();
    expect([...ids.entries()]).toEqual([
      [65_535, 'a'],
      [2, 'c'],
    ]);
  });

  it('is full with 65,535', () => {
    const ids = new PacketIds<number>();
    for (let n = 0; n < 65_535; n++) ids.take(n);
    expect(ids.full).toBe(true);
    ids.free(77);
    expect([ids.full, ids.take(0)]).toEqual([false, 77]);
  });
});

describe('Queue', () => {
  it('is first in, first out, over any number of rounds', () => {
    const queue = new Queue<number>();
    const out: number[] = [];
    let next = 0;
    for (let round = 0; round < 50; round++) {
      for (let n = 0; n < round; n++) queue.push(next++);
      for (let n = 0; n < round / 2; n++) out.push(queue.shift()!);
    }
    while (queue.length > 0) out.push(queue.shift()!);
    expect(out).toEqual(Array.from({ length: next }, (_, n) => n));
    expect([queue.shift(), queue.peek()]).toEqual([undefined, undefined]);
  });

  it('takes one out of the middle and keeps the order of the others, wherever the ring begins', () => {
    for (let offset = 0; offset < 8; offset++) {
      const queue = new Queue<number>();
      for (let n = 0; n < offset; n++) queue.push(0);
      for (let n = 0; n < offset; n++) queue.shift();
      for (let n = 1; n <= 7; n++) queue.push(n);
      expect(queue.take((n) => n === 4)).toBe(4);
      expect(queue.take((n) => n === 1)).toBe(1);
      expect(queue.take((n) => n === 99)).toBeUndefined();
      expect([...queue]).toEqual([2, 3, 5, 6, 7]);
    }
  });
});
