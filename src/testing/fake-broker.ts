import {
  Broker,
  type BrokerPolicy,
  type BrokerUsage,
  type Connection,
  type Listener,
  type ListenOptions,
  type Message,
  type OwnMessage,
} from '../broker/index.js';
import type { Packet, PublishProperties, QoS } from '../packets/packet.js';
import { type Clock, nextTurn, seededRandom, systemClock, VirtualClock } from '../time/index.js';
import { memoryTransportPair, type Transport } from '../transports/index.js';
import { type Acknowledgement, acknowledgementsIn } from './acknowledgements.js';
import { type BrokerDelivery, TracedDelivery } from './broker-delivery.js';
import { Faults } from './faults/faults.js';
import { Network } from './faults/network.js';
import { Flight } from './flight.js';
import { type SessionView, type SubscriptionView, viewOf } from './session-view.js';
import { Transcript } from './transcript.js';
import { unansweredIn } from './unanswered.js';

/** Tells the chance of faults from the broker's own under the same seed. */
const FAULT_SEED = 0x5eed;
const NONE: ReadonlySet<number> = new Set();

/** How the broker behaves, and what a test decides beside it. */
export interface FakeBrokerOptions extends BrokerPolicy {
  /** Everything that the broker leaves to chance comes from it, and what an application leaves to chance that `createTestApp` starts on it. Default 1. */
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

/** The last message of a topic that was published with the retain flag. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly properties: PublishProperties;
}

/** How a broker comes back. */
export interface RestartOptions {
  /** Sessions that outlive their connection, with all that waits in them, and retained messages. Default false: it comes back empty. */
  readonly keepSessions?: boolean;
  /** Say DISCONNECT 0x8B (server shutting down) to clients on MQTT 5. Default false: connections drop without a word, as in a crash. */
  readonly goodbye?: boolean;
}

/**
 * A broker for tests: real MQTT 5.0 and 3.1.1 bytes over connections in memory, or on TCP and WebSocket with `listen()`, on virtual time,
 * and everything that went over its connections to look at afterwards.
 */
export class FakeBroker implements AsyncDisposable {
  /** Of broker and faults: a `VirtualClock` unless the options say otherwise. */
  readonly clock: Clock;
  /** As in the options. */
  readonly seed: number;
  /** What goes wrong on its connections. */
  readonly faults: Faults;
  readonly #broker: Broker;
  readonly #flight = new Flight();
  readonly #network: Network;
  readonly #transcript: Transcript;
  readonly #memory: number;
  readonly #watchers = new Set<PacketWatcher>();
  #published: PublishedMessage[] = [];

  /** Throws a RangeError or TypeError for an option that is not legal; the message says what to write. */
  constructor(options: FakeBrokerOptions = {}) {
    const { seed = 1, clock = 'virtual', memory = 10_000, ...policy } = options;
    if (!Number.isSafeInteger(memory) || memory < 1)
      throw new RangeError(`FakeBroker: memory is ${memory}. Give a whole number from 1.`);
    this.seed = seed;
    this.clock = clockOf(clock);
    this.#memory = memory;
    this.#transcript = new Transcript(memory);
    this.#network = new Network({
      clock: this.clock,
      // Chance of its own: what goes wrong does not change what the broker chooses.
      random: seededRandom(seed ^ FAULT_SEED),
      transcript: this.#transcript,
      maximumPacketSize: policy.capabilities?.maximumPacketSize,
    });
    this.faults = new Faults(this.#network, policy.version);
    this.#broker = new Broker({
      ...policy,
      clock: this.clock,
      random: seededRandom(seed),
      observer: {
        packet: (connection, direction, packet) => this.#saw(connection, direction, packet),
        message: (message) => this.#took(message),
        closed: (connection, by) => this.#closed(connection, by),
      },
      wrap: (transport, link) => this.#network.wrap(transport, link),
    });
  }

  /** Where a client in this process connects: `connect(broker.endpoint)`. */
  readonly endpoint = {
    connect: async (options: { signal?: AbortSignal } = {}): Promise<Transport> => {
      options.signal?.throwIfAborted();
      if (this.#network.partition !== undefined) await this.#network.reachable(options.signal);
      const [client, server] = this.#flight.watch(memoryTransportPair());
      this.#broker.attach(server);
      return client;
    },
  };

  /**
   * Listens on real TCP too, or with `{ protocol: 'ws' }` for WebSockets, by default on a free port of the loopback interface.
   * @throws ListenError if that can't be; the message says what to do.
   */
  listen(options: ListenOptions = {}): Promise<Listener> {
    return this.#broker.listen(options);
  }

  /** Takes a connection over that somebody else accepted, such as `fromDuplex(socket)` of a TLS or WebSocket server. */
  attach(transport: Transport): void {
    this.#broker.attach(transport);
  }

  /**
   * Publishes as a device would, and follows the message to every client that gets it. Throws an InvalidPacketError for what no device could publish, and an Error where
   * `limits.retainedMessages` or `limits.retainedBytes` have no room for it.
   */
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
    return session && viewOf(session);
  }

  /** Every session, connected or not, by client identifier. */
  get sessions(): ReadonlyMap<string, SessionView> {
    return new Map([...this.#broker.sessions].map(([clientId, session]) => [clientId, viewOf(session)]));
  }

  /** Every subscription of every session. */
  get subscriptions(): readonly (SubscriptionView & { readonly clientId: string })[] {
    return [...this.sessions].flatMap(([clientId, { subscriptions }]) =>
      subscriptions.map((subscription) => ({ clientId, ...subscription })),
    );
  }

  /** What it holds at this moment, to be set against its limits. */
  get usage(): BrokerUsage {
    return this.#broker.usage;
  }

  /** The retained message of a topic. */
  retained(topic: string): RetainedMessage | undefined {
    const message = this.#broker.retained(topic);
    return message && retainedMessage({ topic, ...message });
  }

  /** Every retained message, in the order in which they were retained. */
  get retainedMessages(): readonly RetainedMessage[] {
    return this.#broker.retainedMessages.map(retainedMessage);
  }

  /** What clients answered to the messages that were delivered to them, in order, as far as the transcript goes back. */
  get acknowledgements(): readonly Acknowledgement[] {
    return acknowledgementsIn(this.#transcript.lines);
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

  /** Whether no byte is on its way on any in-memory connection, and no fault holds one back. */
  get idle(): boolean {
    return this.#flight.isEmpty && !this.#network.isHolding;
  }

  /** Whether something waits for time to pass: a packet that a fault holds back, a connection that can't be opened. */
  get isHolding(): boolean {
    return this.#network.isHolding || (!this.#flight.isEmpty && this.#network.isSlow);
  }

  /** Whether any fault ever struck, also one that is no longer scripted. */
  get hasStruck(): boolean {
    return this.#network.struck > 0;
  }

  /**
   * The packet identifiers of a client's publishes that stay without acknowledgement while its connection stands, because a fault took a
   * packet of theirs; as far as the transcript goes back.
   */
  unanswered(clientId: string): ReadonlySet<number> {
    return this.hasStruck ? unansweredIn(this.#transcript.lines, clientId) : NONE;
  }

  /** Resolves as soon as no byte is on its way on any in-memory connection. What its arrival causes may follow; what a fault holds back does. */
  whenIdle(): Promise<void> {
    return this.#flight.landed();
  }

  /**
   * The broker ends and comes back at once, at the same endpoint and with its listeners open: every connection drops, and clients connect again. No will is
   * sent. Resolves when every client in memory can have noticed.
   */
  async restart({ keepSessions = false, goodbye = false }: RestartOptions = {}): Promise<void> {
    this.#transcript.event(`the broker restarts, ${keepSessions ? 'sessions kept' : 'sessions forgotten'}`);
    this.#broker.restart({ keepSessions, goodbye });
    await nextTurn();
  }

  /**
   * A line for each packet, `<client> C→B PUBACK id=1 rc=0x00`, with what a fault did to it in parentheses, and for the end of each connection. The same in every
   * run: for inline snapshots.
   */
  transcript(): string {
    return this.#transcript.toString();
  }

  /** Disconnects every client (0x8B), stops listening and forgets everything. */
  async close(): Promise<void> {
    const closed = this.#broker.close();
    // What a fault holds back would hold back the end of its connection too.
    this.#network.release();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #saw(connection: Connection, direction: 'in' | 'out', packet: Packet): void {
    const way = direction === 'in' ? 'C→B' : 'B→C';
    const line = this.#transcript.packet(connection, way, packet);
    if (this.#network.script !== undefined) this.#network.saw(connection, line);
    if (this.#watchers.size === 0) return;
    const clientId = packet.type === 'connect' ? packet.clientId : connection.clientId;
    for (const watcher of this.#watchers) watcher({ clientId, way, packet });
  }

  #closed(connection: Connection, by: 'client' | 'broker'): void {
    const wire = this.#network.wireOf(connection);
    const fault = wire?.endedBy;
    const way = by === 'client' && fault === undefined ? 'C→B' : 'B→C';
    this.#transcript.closed(wire ?? connection, way, fault);
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

function retainedMessage(
  message: Omit<RetainedMessage, 'properties'> & Pick<Message, 'properties'>,
): RetainedMessage {
  const { topic, payload, qos, properties = {} } = message;
  return { topic, payload, qos, properties };
}

function clockOf(clock: 'virtual' | 'real' | Clock): Clock {
  if (clock === 'virtual') return new VirtualClock();
  return clock === 'real' ? systemClock : clock;
}
