import { encodePacket, PacketDecoder } from '../../../src/packets/index.js';
import type {
  AckPacket,
  ConnackPacket,
  ConnectPacket,
  Packet,
  PacketType,
  ProtocolVersion,
  PublishPacket,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  WillPacket,
} from '../../../src/packets/packet.js';
import type { Transport } from '../../../src/transports/index.js';

type Ack = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
type PacketOf<T extends PacketType> = T extends Ack ? AckPacket<T> : Extract<Packet, { type: T }>;

/** A client that says exactly what a test tells it, acknowledges nothing by itself, and reads strictly. */
export class RawClient {
  readonly version: ProtocolVersion;
  /** Put in front of topics, filters and client identifiers, so that cases on one broker keep apart; taken off again in texts. */
  readonly #scope: string;
  readonly #transport: Transport;
  /**
   * For a broker that acknowledges before it has acted on a packet, or acts on those of one segment side by side: resolves once it has
   * nothing left to do.
   */
  readonly #idle: (() => Promise<void>) | undefined;
  readonly #received: Packet[] = [];
  #arrived: (() => void)[] = [];
  #lastPacketId = 0;
  /** The broker, or the network, ended the connection; before it, what came is still there to read. */
  isClosed = false;
  /** What our own strict decoder had against the broker's bytes. */
  violation: unknown;

  constructor(transport: Transport, version: ProtocolVersion, scope = '', idle?: () => Promise<void>) {
    this.version = version;
    this.#transport = transport;
    this.#scope = scope;
    this.#idle = idle;
    const decoder = new PacketDecoder({ receiver: 'client', protocolVersion: version, reusesChunks: true });
    transport.start(
      (chunk) => {
        try {
          decoder.push(chunk, (packet) => this.#received.push(packet));
        } catch (error) {
          this.violation = error;
          this.isClosed = true;
        }
        this.#wake();
      },
      () => {
        this.isClosed = true;
        this.#wake();
      },
    );
  }

  send(...packets: Packet[]): void {
    if (packets.length > 0)
      this.write(Buffer.concat(packets.map((packet) => encodePacket(packet, this.version))));
  }

  write(bytes: Uint8Array): void {
    this.#transport.write(bytes);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  /** Sends CONNECT; resolves with the broker's answer. */
  async connect(options: Partial<ConnectPacket> = {}): Promise<ConnackPacket> {
    const packet = connectPacket(this.version, options);
    if (packet.clientId !== '') packet.clientId = this.#scope + packet.clientId;
    if (packet.will !== undefined) packet.will = { ...packet.will, topic: this.#scope + packet.will.topic };
    this.send(packet);
    return await this.next('connack');
  }

  async subscribe(
    filters: string | readonly (string | (Partial<SubscriptionRequest> & { filter: string }))[],
    options: Partial<SubscriptionRequest> & { identifier?: number } = {},
  ): Promise<SubackPacket> {
    const { identifier, ...defaults } = options;
    const packetId = this.packetId();
    const packet: SubscribePacket = {
      type: 'subscribe',
      packetId,
      subscriptions: (typeof filters === 'string' ? [filters] : filters).map((filter) =>
        this.#scoped(request({ ...defaults, ...(typeof filter === 'string' ? { filter } : filter) })),
      ),
    };
    if (identifier !== undefined) packet.properties = { subscriptionIdentifier: identifier };
    this.send(packet);
    return await this.answer('suback');
  }

  /** Publishes and, at QoS 1 and 2, completes the exchange; resolves with the reason code. */
  async publish(topic: string, payload = '', options: Partial<PublishPacket> = {}): Promise<number> {
    const packet = publishPacket(this.#scope + topic, payload, options);
    if (packet.qos > 0) packet.packetId ??= this.packetId();
    this.send(packet);
    if (packet.qos === 0) {
      await this.fence();
      return 0;
    }
    if (packet.qos === 1) {
      const { reasonCode } = await this.answer('puback');
      if (this.#idle !== undefined) await this.fence();
      return reasonCode;
    }
    const { packetId, reasonCode } = await this.answer('pubrec');
    if (reasonCode >= 0x80) return reasonCode;
    this.send({ type: 'pubrel', packetId, reasonCode: 0 });
    await this.answer('pubcomp');
    return reasonCode;
  }

  /** The next packet that came; fails if it is another one, or if the connection ended. */
  async next<T extends PacketType>(type: T): Promise<PacketOf<T>> {
    while (this.#received.length === 0) {
      if (this.violation !== undefined) throw this.violation;
      if (this.isClosed) throw new Error(`The connection ended; a ${type} was due.`);
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
    const packet = this.#received.shift() as Packet;
    if (packet.type !== type) throw new Error(`A ${type} was due; this came: ${JSON.stringify(packet)}`);
    // The line above compared the types.
    return packet as unknown as PacketOf<T>;
  }

  /** The first packet of the type, whatever came before it: that stays to be read. */
  async answer<T extends PacketType>(type: T): Promise<PacketOf<T>> {
    for (;;) {
      const index = this.#received.findIndex((packet) => packet.type === type);
      // The index was found by the type.
      if (index >= 0) return this.#received.splice(index, 1)[0] as unknown as PacketOf<T>;
      if (this.violation !== undefined) throw this.violation;
      if (this.isClosed)
        throw new Error(`The connection ended; a ${type} was due. ${JSON.stringify(this.#received)}`);
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
  }

  /** Resolves once the broker has acted on all that was sent. */
  async fence(): Promise<void> {
    this.send({ type: 'pingreq' });
    await this.answer('pingresp');
    if (this.#idle === undefined) return;
    await this.#idle();
    this.send({ type: 'pingreq' });
    await this.answer('pingresp');
  }

  /** Everything that the broker has sent up to an answer that it gives now. */
  async soFar(): Promise<Packet[]> {
    await this.fence();
    return this.#received.splice(0);
  }

  /** What has come and was not read. */
  take(): Packet[] {
    return this.#received.splice(0);
  }

  /** What came until the connection ended. */
  async rest(): Promise<Packet[]> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#arrived.push(resolve));
    if (this.violation !== undefined) throw this.violation;
    return this.#received.splice(0);
  }

  /** What came until the broker ended the connection because of what was sent; fails if it answers a PINGREQ instead. */
  async farewell(): Promise<Packet[]> {
    this.send({ type: 'pingreq' });
    while (!this.isClosed) {
      if (this.#received.some((packet) => packet.type === 'pingresp')) {
        throw new Error(`The broker did not end the connection: ${JSON.stringify(this.#received)}`);
      }
      await new Promise<void>((resolve) => this.#arrived.push(resolve));
    }
    return await this.rest();
  }

  /** The PUBLISH packets so far, none of them acknowledged. */
  async publishes(): Promise<PublishPacket[]> {
    return (await this.soFar()).filter((packet) => packet.type === 'publish');
  }

  /** The PUBLISH packets so far as short text, each acknowledged in full if `acknowledge`. */
  async messages({ acknowledge = true } = {}): Promise<string[]> {
    const texts: string[] = [];
    for (let packets = await this.soFar(); packets.length > 0; packets = await this.soFar()) {
      for (const packet of packets) {
        if (packet.type === 'publish') texts.push(this.text(packet));
        const answer = acknowledge ? acknowledgement(packet) : undefined;
        if (answer !== undefined) this.send(answer);
      }
    }
    return texts;
  }

  text(packet: PublishPacket): string {
    return publishText({ ...packet, topic: packet.topic.slice(this.#scope.length) });
  }

  async unsubscribe(...filters: string[]): Promise<UnsubackPacket> {
    const scoped = filters.map((filter) => this.#scoped(request({ filter })).filter);
    this.send({ type: 'unsubscribe', packetId: this.packetId(), filters: scoped });
    return await this.answer('unsuback');
  }

  async leave(): Promise<void> {
    this.send({ type: 'disconnect', reasonCode: 0 });
    await this.rest();
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#transport.close(new Error('The test dropped the connection.'));
  }

  /** Closes the socket in good order, without a DISCONNECT. */
  end(): void {
    this.#transport.close();
  }

  packetId(): number {
    this.#lastPacketId += 1;
    return this.#lastPacketId;
  }

  #scoped(subscription: SubscriptionRequest): SubscriptionRequest {
    const share = /^\$share\/[^/]*\//.exec(subscription.filter)?.[0] ?? '';
    return { ...subscription, filter: share + this.#scope + subscription.filter.slice(share.length) };
  }

  #wake(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const resolve of arrived) resolve();
  }
}

/** What a client that takes everything answers. */
export function acknowledgement(packet: Packet): Packet | undefined {
  if (packet.type === 'pubrel') return { type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 };
  if (packet.type !== 'publish' || packet.packetId === undefined) return undefined;
  return { type: packet.qos === 1 ? 'puback' : 'pubrec', packetId: packet.packetId, reasonCode: 0 };
}

export function connectPacket(version: ProtocolVersion, options: Partial<ConnectPacket> = {}): ConnectPacket {
  return {
    type: 'connect',
    protocolVersion: version,
    clientId: 'client',
    cleanStart: true,
    keepAlive: 0,
    ...options,
  };
}

export function publishPacket(
  topic: string,
  payload: string,
  options: Partial<PublishPacket> = {},
): PublishPacket {
  const bytes = new TextEncoder().encode(payload);
  return { type: 'publish', topic, payload: bytes, qos: 0, retain: false, duplicate: false, ...options };
}

/** A will on the topic `will`: QoS 1, not retained. */
export function willPacket(payload: string, options: Partial<WillPacket> = {}): WillPacket {
  return { topic: 'will', payload: new TextEncoder().encode(payload), qos: 1, retain: false, ...options };
}

export function request(options: Partial<SubscriptionRequest> & { filter: string }): SubscriptionRequest {
  return { maximumQoS: 2, noLocal: false, retainAsPublished: false, retainHandling: 'send', ...options };
}

/** `q1 a/b "payload"`, with ` retain`, ` dup` and ` sub=1,2` where they are set. */
export function publishText(packet: PublishPacket): string {
  const ids = packet.properties?.subscriptionIdentifiers;
  return [
    `q${packet.qos} ${packet.topic} ${JSON.stringify(new TextDecoder().decode(packet.payload))}`,
    packet.retain ? 'retain' : '',
    packet.duplicate ? 'dup' : '',
    ids === undefined ? '' : `sub=${[...ids].sort((a, b) => a - b).join(',')}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
