// Nothing waits for ever: whatever the application asks, whatever the server answers or keeps to itself, whenever the connection goes.
import { expect, it } from 'vitest';
import type { Client, Message } from '../../src/client/index.js';
import { type Random, seededRandom } from '../../src/time/index.js';
import { type PeerConnection, ScriptedPeer } from '../support/scripted-peer.js';

/** Everything that was asked for and has not settled. */
class Pending {
  readonly names = new Set<string>();
  #count = 0;

  add(name: string, promise: Promise<unknown>): void {
    const key = `${name} ${this.#count++}`;
    this.names.add(key);
    const settled = () => this.names.delete(key);
    promise.then(settled, settled);
  }
}

class Application {
  readonly pending = new Pending();
  readonly #client: Client;
  readonly #random: Random;
  readonly #received: Message[] = [];
  readonly #aborts: AbortController[] = [];
  #stream;

  constructor(client: Client, random: Random) {
    this.#client = client;
    this.#random = random;
    this.#stream = client.messages();
  }

  /** Some of the waits can be ended by `abort`. */
  #options(): { signal?: AbortSignal } {
    if (this.#random() < 0.5) return {};
    const abort = new AbortController();
    this.#aborts.push(abort);
    return { signal: abort.signal };
  }

  readonly steps = [
    () => this.pending.add('publish 0', this.#client.publish('t', 'x', this.#options())),
    () => this.pending.add('publish 1', this.#client.publish('t', 'x', { qos: 1, ...this.#options() })),
    () => this.pending.add('publish 2', this.#client.publish('t', 'x', { qos: 2, ...this.#options() })),
    () => this.pending.add('large', this.#client.publish('t', new Uint8Array(90_000), this.#options())),
    () => this.pending.add('subscribe', this.#client.subscribe('s', this.#options())),
    () => this.pending.add('unsubscribe', this.#client.unsubscribe('s', this.#options())),
    () => this.pending.add('drain', this.#client.drain(this.#options())),
    () => this.pending.add('disconnected', this.#client.disconnected(this.#options())),
    () =>
      this.pending.add(
        'next',
        this.#stream.next().then(({ value }) => value && this.#received.push(value)),
      ),
    () => this.pending.add('next', this.#client.messages(this.#options()).next()),
    () => this.pending.add('ack', this.#received.shift()?.ack() ?? Promise.resolve()),
    () => this.pending.add('reject', this.#received.pop()?.reject(0x80) ?? Promise.resolve()),
    () => this.#aborts.pop()?.abort(),
    () => {
      this.pending.add('return', this.#stream.return());
      this.#stream = this.#client.messages();
    },
  ];
}

class Server {
  readonly #peer: PeerConnection;
  #lastId = 0;

  constructor(peer: PeerConnection) {
    this.#peer = peer;
  }

  readonly steps = [
    () => this.#answer(),
    () => this.#answer(),
    () => this.#peer.publish(),
    () => this.#peer.publish({ packetId: ++this.#lastId }),
    () => this.#peer.publish({ packetId: ++this.#lastId, qos: 2 }),
    () => this.#peer.stopReading(),
    () => this.#peer.goOnReading(),
  ];

  readonly ends = [
    () => this.#peer.cut(),
    () => this.#peer.end(),
    () => this.#peer.sendBytes(0x30, 0x20, 0x00),
    () => this.#peer.sendBytes(0xf0, 0xff),
  ];

  /** Everything that came up to now, as a server does. */
  async #answer(): Promise<void> {
    const peer = this.#peer;
    for (const packet of await peer.received()) {
      if (packet.type === 'publish' && packet.qos > 0) {
        peer.ack(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId!);
      } else if (packet.type === 'pubrel') peer.ack('pubcomp', packet.packetId);
      else if (packet.type === 'pubrec' && packet.reasonCode === 0) peer.ack('pubrel', packet.packetId);
      else if (packet.type === 'pingreq') peer.send({ type: 'pingresp' });
      else if (packet.type === 'subscribe') {
        peer.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0] });
      } else if (packet.type === 'unsubscribe') {
        const reasonCodes = peer.version === 4 ? [] : [0];
        peer.send({ type: 'unsuback', packetId: packet.packetId, reasonCodes });
      }
    }
  }
}

it.each(Array.from({ length: 100 }, (_, index) => index + 1))(
  'every promise settles (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const anyOf = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!; // none is empty
    const { client, peer, clock } = await new ScriptedPeer('in random cuts').connected({
      protocol: anyOf([4, 5]),
      keepAlive: anyOf([0, 10]),
      receiveMaximum: anyOf([1, 3, 100]),
      drainTimeout: 1_000,
    });
    const application = new Application(client, random);
    const server = new Server(peer);
    const closing = [() => client.close(), () => client.disconnect()];

    for (let left = Math.floor(random() * 80); left > 0; left--) {
      const choice = random();
      if (choice < 0.02) application.pending.add('close', anyOf(closing)());
      else if (choice < 0.04) anyOf(server.ends)();
      else if (choice < 0.1) await clock.advance(random() * 3_000);
      else if (choice < 0.65) anyOf(application.steps)();
      else await anyOf(server.steps)();
    }
    for (const close of closing) application.pending.add('close', close());
    await clock.advance('5s');

    expect([...application.pending.names]).toEqual([]);
    expect(client.state.state).toBe('closed');
    expect(clock.pendingTimers).toBe(0);
    expect(client.stats()).toMatchObject({ inFlightOut: 0, queuedOut: 0, unackedIn: 0 });
  },
);
