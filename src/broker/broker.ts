import { InvalidPacketError, type ProtocolError } from '../packets/errors.js';
import { encodePacket } from '../packets/index.js';
import type { Packet, PublishPacket, PublishProperties, QoS } from '../packets/packet.js';
import { type Clock, type Random, systemClock, systemRandom } from '../time/index.js';
import { memoryTransportPair, type Transport } from '../transports/index.js';
import { Link, type LinkEvents, type Wrap } from './link.js';
import { ListenError } from './listen-error.js';
import { type Listener, type ListenerHost, type ListenOptions, listen } from './listener.js';
import type { BrokerObserver } from './observer.js';
import { type BrokerPolicy, resolveSettings, type Settings } from './settings.js';
import type { Trace } from './state/copy.js';
import { Machine } from './state/machine.js';
import type { Message } from './state/message.js';
import type { Session } from './state/session.js';
import { type BrokerUsage, usageOf } from './usage.js';

/** Milliseconds that a peer has to take leave after we closed the connection. */
const LINGER = 5000;

export interface BrokerOptions extends BrokerPolicy {
  /** Default: the machine's time. */
  clock?: Clock | undefined;
  /** Makes the client identifiers that the broker assigns. Default: the machine's chance. */
  random?: Random | undefined;
  observer?: BrokerObserver | undefined;
  /** Puts something between the broker and the bytes of each connection. Default: nothing. */
  wrap?: Wrap | undefined;
}

/** Options of the broker beside its policy; complete, as the compiler sees. */
const BESIDE_POLICY: Readonly<Record<Exclude<keyof BrokerOptions, keyof BrokerPolicy>, true>> = {
  clock: true,
  random: true,
  observer: true,
  wrap: true,
};

/** A message that the host itself publishes, as a device would. */
export interface OwnMessage {
  topic: string;
  /** Text is sent as UTF-8. */
  payload: Uint8Array | string;
  /** Default 0. */
  qos?: QoS;
  /** Default false. */
  retain?: boolean;
  /** Sends it with DUP set from the first time on, as if it had been sent on an earlier connection. At QoS 1 and 2. Default false. */
  duplicate?: boolean;
  /** Default: none. Clients on MQTT 3.1.1 don't see them. */
  properties?: PublishProperties | undefined;
  /** Client identifier of the publisher, which No Local looks at. Default: none. */
  publisher?: string | undefined;
}

/** An MQTT 5.0 and 3.1.1 broker in this process, in memory, on TCP and over WebSocket. Persists nothing. */
export class Broker implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #observer: BrokerObserver | undefined;
  readonly #wrap: Wrap | undefined;
  readonly #links = new Set<Link>();
  readonly #lingering = new Map<Link, () => void>();
  readonly #dirty = new Set<Link>();
  readonly #listeners = new Set<Listener>();
  readonly #events: LinkEvents;
  #depth = 0;
  #closed = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  /** @throws TypeError that names an option which does not exist, RangeError that names one whose value can't be. */
  constructor(options: BrokerOptions = {}) {
    this.#settings = resolveSettings(options, Object.keys(BESIDE_POLICY));
    const { observer } = options;
    this.#machine = new Machine(this.#settings, observer && ((message) => observer.message(message)));
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#observer = observer;
    this.#wrap = options.wrap;
    this.#events = this.#linkEvents();
  }

  /** Where a client in this process connects. */
  readonly endpoint = {
    connect: async (options: { signal?: AbortSignal } = {}): Promise<Transport> => {
      options.signal?.throwIfAborted();
      const [client, server] = memoryTransportPair();
      this.attach(server);
      return client;
    },
  };

  /** Takes over the broker's end of a connection, whatever it runs on. */
  attach(transport: Transport): void {
    const refusal = this.#closed ? 'The broker is closed.' : 'The broker has no room for another connection.';
    if (this.#closed || this.#links.size >= this.#settings.limits.connections) {
      return void transport.close(new Error(refusal));
    }
    const link = new Link(
      transport,
      this.#events,
      this.#settings.capabilities.maximumPacketSize,
      this.#observer,
      this.#wrap,
    );
    this.#links.add(link);
    this.#during(() => link.start(this.#machine.opened(link, this.#random(), this.#clock.now())));
  }

  /**
   * Listens on TCP, or with `{ protocol: 'ws' }` for WebSockets, by default on a free port of the loopback interface.
   * @throws ListenError if that can't be: the port is in use, the package `ws` is missing, an option is wrong, the broker is closed.
   */
  async listen(options: ListenOptions = {}): Promise<Listener> {
    if (this.#closed) throw closedBroker('The broker is closed. Make a new one.');
    const listener = await listen(options, this.#listenerHost());
    if (this.#closed) {
      await listener.close();
      throw closedBroker('The broker was closed before it listened.');
    }
    const registered: Listener = {
      url: listener.url,
      close: () => {
        this.#listeners.delete(registered);
        return listener.close();
      },
    };
    this.#listeners.add(registered);
    return registered;
  }

  /**
   * Publishes a message of the host's own; `trace` follows its copies.
   * Returns whether any session got it; 'no room' if it should be retained and the broker can't.
   * @throws InvalidPacketError if the message is not legal MQTT, or more than the broker's capabilities allow.
   */
  publish(own: OwnMessage, trace?: Trace): 'routed' | 'nobody' | 'no room' {
    const payload =
      typeof own.payload === 'string' ? new TextEncoder().encode(own.payload) : new Uint8Array(own.payload);
    const { topic, qos = 0, retain = false, duplicate = false, properties, publisher } = own;
    const packet: PublishPacket = { type: 'publish', topic, payload, qos, retain, duplicate: false };
    if (qos > 0) packet.packetId = 1;
    if (properties !== undefined) packet.properties = properties;
    const { length } = encodePacket(packet, 5);
    const { capabilities } = this.#settings;
    const wrong =
      (qos > capabilities.maximumQoS && `the broker takes QoS ${capabilities.maximumQoS} at most`) ||
      (retain && !capabilities.retain && 'the broker does not retain messages') ||
      (length > capabilities.maximumPacketSize &&
        `the packet has ${length} bytes, the broker takes ${capabilities.maximumPacketSize}`);
    if (wrong) throw new InvalidPacketError(`Broker.publish to "${topic}": ${wrong}.`);
    const now = this.#clock.now();
    const message = { topic, payload, qos, retain, duplicate, properties, publisher, receivedAt: now, trace };
    return this.#during(() => this.#machine.publish(message, now));
  }

  /** Every session, connected or not, by its client identifier. For reading only. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.#machine.state.sessions;
  }

  /** A session, connected or not. For reading only. */
  session(clientId: string): Session | undefined {
    return this.#machine.state.sessions.get(clientId);
  }

  /** Every retained message, in the order in which they were retained. For reading only. */
  get retainedMessages(): readonly Message[] {
    return this.#machine.state.retained.all(this.#clock.now());
  }

  /** What it holds at this moment. */
  get usage(): BrokerUsage {
    return usageOf(this.#machine.state, this.#links.size);
  }

  /** The retained message of a topic. */
  retained(
    topic: string,
  ): { payload: Uint8Array; qos: QoS; properties: PublishProperties | undefined } | undefined {
    return this.#machine.state.retained.get(topic, this.#clock.now());
  }

  /**
   * Ends and comes back at once: every connection drops, without a word or with 0x8B where `goodbye` asks for it; listeners stay. Sessions and
   * retained messages are kept or forgotten. No will is sent: a broker that ends has nobody left to send it to.
   */
  restart(how: { readonly keepSessions: boolean; readonly goodbye: boolean }): void {
    this.#during(() => this.#machine.shutDown(this.#clock.now(), how));
    for (const link of this.#links)
      if (!how.goodbye || !this.#lingering.has(link)) link.destroy('The broker restarts.');
  }

  /** Says goodbye to every client (0x8B), stops listening and forgets everything. Nothing keeps the process alive. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#during(() => this.#machine.shutDown(this.#clock.now(), { keepSessions: false, goodbye: true }));
      for (const link of this.#links) if (!this.#lingering.has(link)) link.destroy('The broker is closed.');
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listenerHost(): ListenerHost {
    const { capabilities, limits } = this.#settings;
    return {
      accept: (transport) => this.attach(transport),
      failed: (url, error) => {
        if (this.#observer?.listenerFailed !== undefined) return this.#observer.listenerFailed(url, error);
        const warning = `The broker at ${url} could not take a connection: ${error.message}.`;
        process.emitWarning(warning, { type: 'TopicwiseWarning', code: 'TOPICWISE_LISTENER' });
      },
      connections: limits.connections,
      connectTimeout: limits.connectTimeout,
      maximumPacketSize: capabilities.maximumPacketSize,
    };
  }

  #linkEvents(): LinkEvents {
    const now = () => this.#clock.now();
    return {
      during: (event) => this.#during(event),
      packet: (link: Link, packet: Packet) => this.#machine.received(link.connection, packet, now()),
      violated: (link: Link, error: ProtocolError) => this.#machine.violated(link.connection, error, now()),
      congested: (link) => this.#machine.congested(link.connection),
      drained: (link) => this.#during(() => this.#machine.drained(link.connection, now())),
      dirty: (link) => this.#dirty.add(link),
      closed: (link) => this.#during(() => this.#forget(link)),
    };
  }

  /** Everything that comes of one event leaves in one write for each connection, at the end of the outermost event. */
  #during<T>(event: () => T): T {
    this.#depth += 1;
    try {
      return event();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#endEvent();
    }
  }

  #endEvent(): void {
    // Flushing may congest a link, which writes nothing: the set does not grow meanwhile.
    for (const link of this.#dirty) {
      link.flush();
      if (link.isEnding) this.#linger(link);
    }
    this.#dirty.clear();
    this.#setTimer();
  }

  #linger(link: Link): void {
    if (!this.#links.has(link) || this.#lingering.has(link)) return;
    const cut = () => link.destroy('The client did not close its end.');
    this.#lingering.set(link, this.#clock.setTimer(LINGER, cut, 'background'));
  }

  #forget(link: Link): void {
    this.#links.delete(link);
    this.#lingering.get(link)?.();
    this.#lingering.delete(link);
    this.#machine.closed(link.connection, this.#clock.now());
  }

  #setTimer(): void {
    const at = this.#closed ? undefined : this.#machine.nextDeadline;
    if (at === this.#timer?.at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const elapsed = () => {
      this.#timer = undefined;
      this.#during(() => this.#machine.elapsed(this.#clock.now()));
    };
    const cancel = this.#clock.setTimer(Math.max(0, at - this.#clock.now()), elapsed, 'background');
    this.#timer = { at, cancel };
  }
}

function closedBroker(message: string): ListenError {
  return new ListenError('ERR_SERVER_NOT_RUNNING', message);
}
