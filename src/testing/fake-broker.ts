import {
  Broker,
  type BrokerPolicy,
  type Connection,
  type Listener,
  type ListenOptions,
  type Message,
  type OwnMessage,
} from '../broker/index.js';
import type { Packet, PublishProperties, QoS } from '../packets/packet.js';
import { type Clock, seededRandom, systemClock, VirtualClock } from '../time/index.js';
import { memoryTransportPair, type Transport } from '../transports/index.js';
import { type BrokerDelivery, TracedDelivery } from './broker-delivery.js';
import { Flight } from './flight.js';
import { Transcript } from './transcript.js';

export interface FakeBrokerOptions extends BrokerPolicy {
  /** Everything that the broker leaves to chance comes from it. Default 1. */
  seed?: number;
  /**
   * 'virtual', the default, is a clock of its own that stands still until a test moves it (`broker.clock.advance('5s')`);
   * 'real' is the machine's time, for a broker that foreign processes use through `listen()`. `createTestApp` runs the
   * application on this same clock.
   */
  clock?: 'virtual' | 'real' | Clock;
  /** How many packets and published messages are remembered at most. Default 10,000 of each, the newest. */
  memory?: number;
}

/** A message that a client published, as the broker took it over. */
export interface PublishedMessage {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties;
}

/** What the broker keeps of a client. */
export interface SessionView {
  readonly connected: boolean;
  readonly subscriptions: readonly {
    readonly filter: string;
    readonly qos: QoS;
    readonly identifier?: number;
  }[];
  /** Messages that wait to be sent. */
  readonly queued: number;
  /** Messages sent at QoS 1 or 2 and not completely acknowledged. */
  readonly inflight: number;
  /** Messages that the limits of the queue cost this session. */
  readonly dropped: number;
}

/**
 * A broker for tests: real MQTT 5.0 and 3.1.1 bytes over connections in memory, or on TCP with `listen()`, on virtual time,
 * and everything that went over its connections to look at afterwards.
 */
export class FakeBroker implements AsyncDisposable {
  readonly clock: Clock;
  readonly seed: number;
  readonly #broker: Broker;
  readonly #flight = new Flight();
  readonly #transcript: Transcript;
  readonly #memory: number;
  readonly #watchers = new Set<PacketWatcher>();
  #published: PublishedMessage[] = [];

  constructor(options: FakeBrokerOptions = {}) {
    const { seed = 1, clock = 'virtual', memory = 10_000, ...policy } = options;
    if (!Number.isSafeInteger(memory) || memory < 1)
      throw new RangeError(`FakeBroker: memory is ${memory}. Give a whole number from 1.`);
    this.seed = seed;
    this.clock = clockOf(clock);
    this.#memory = memory;
    this.#transcript = new Transcript(memory);
    this.#broker = new Broker({
      ...policy,
      clock: this.clock,
      random: seededRandom(seed),
      observer: {
        packet: (connection, direction, packet) => this.#saw(connection, direction, packet),
        message: (message) => this.#took(message),
        closed: (connection, by) =>
          this.#transcript.add(connection, by === 'client' ? 'C→B' : 'B→C', 'closed'),
      },
    });
  }

  /** Where a client in this process connects: `connect(broker.endpoint)`. */
  readonly endpoint = {
    connect: async (options: { signal?: AbortSignal } = {}): Promise<Transport> => {
      options.signal?.throwIfAborted();
      const [client, server] = this.#flight.watch(memoryTransportPair());
      this.#broker.attach(server);
      return client;
    },
  };

  /** Listens on real TCP too, by default on a free port of the loopback interface. */
  listen(options: ListenOptions = {}): Promise<Listener> {
    return this.#broker.listen(options);
  }

  /** Takes a connection over that somebody else accepted, such as `fromDuplex(socket)` of a TLS or WebSocket server. */
  attach(transport: Transport): void {
    this.#broker.attach(transport);
  }

  /** Publishes as a device would, and follows the message to every client that gets it. */
  publish(message: OwnMessage): BrokerDelivery {
    const delivery = new TracedDelivery();
    const outcome = this.#broker.publish(message, delivery);
    if (outcome === 'no room')
      throw new Error(`FakeBroker.publish: no room to retain "${message.topic}". Raise limits.retained….`);
    return delivery;
  }

  /** What the broker keeps of a client; undefined if it keeps nothing. */
  session(clientId: string): SessionView | undefined {
    const session = this.#broker.session(clientId);
    if (session === undefined) return undefined;
    return {
      connected: session.connection !== undefined,
      subscriptions: [...session.subscriptions.values()].map(({ filter, grantedQoS, identifier }) => ({
        filter,
        qos: grantedQoS,
        ...(identifier !== undefined && { identifier }),
      })),
      queued: session.outbound.queued,
      inflight: session.outbound.inFlight,
      dropped: session.outbound.dropped,
    };
  }

  /** The retained message of a topic. */
  retained(topic: string): { payload: Uint8Array; qos: QoS; properties: PublishProperties } | undefined {
    const message = this.#broker.retained(topic);
    return message && { payload: message.payload, qos: message.qos, properties: message.properties ?? {} };
  }

  /** What clients published, wills included, in the order in which the broker took it over; what `publish` sent is not in it. */
  get published(): readonly PublishedMessage[] {
    return this.#published.slice(-this.#memory);
  }

  /** Calls the watcher for every packet, in order, until the returned function is called. It must not throw. */
  watch(watcher: PacketWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Whether no byte is on its way on any in-memory connection. */
  get idle(): boolean {
    return this.#flight.isEmpty;
  }

  /** Resolves as soon as no byte is on its way on any in-memory connection. What its arrival causes may follow. */
  whenIdle(): Promise<void> {
    return this.#flight.landed();
  }

  /** A line for each packet, `<client> C→B PUBACK id=1 rc=0x00`, the same in every run: for inline snapshots. */
  transcript(): string {
    return this.#transcript.toString();
  }

  /** Disconnects every client (0x8B), stops listening and forgets everything. */
  close(): Promise<void> {
    return this.#broker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #saw(connection: Connection, direction: 'in' | 'out', packet: Packet): void {
    const way = direction === 'in' ? 'C→B' : 'B→C';
    this.#transcript.add(connection, way, packet);
    if (this.#watchers.size === 0) return;
    const clientId = packet.type === 'connect' ? packet.clientId : connection.clientId;
    for (const watcher of this.#watchers) watcher({ clientId, way, packet });
  }

  #took(message: Message): void {
    if (message.trace !== undefined) return;
    const { publisher = '', topic, payload, qos, retain, properties = {} } = message;
    this.#published.push({ clientId: publisher, topic, payload, qos, retain, properties });
    if (this.#published.length >= 2 * this.#memory) this.#published = this.#published.slice(-this.#memory);
  }
}

/** Sees a packet as it comes from a client (before the broker acts on it) or goes to one. */
export type PacketWatcher = (seen: {
  readonly clientId: string;
  readonly way: 'C→B' | 'B→C';
  readonly packet: Packet;
}) => void;

function clockOf(clock: 'virtual' | 'real' | Clock): Clock {
  if (clock === 'virtual') return new VirtualClock();
  return clock === 'real' ? systemClock : clock;
}
