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
} from '../../../src/packets/packet.js';
import type { Transport } from '../../../src/transports/index.js';

type Ack = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
type PacketOf<T extends PacketType> = T extends Ack ? AckPacket<T> : Extract<Packet, { type: T }>;

/** A client that says exactly what a test tells it, acknowledges nothing by itself, and reads strictly. */
export class RawClient {
  readonly version: ProtocolVersion;
  readonly #transport: Transport;
  readonly #received: Packet[] = [];
  #arrived: (() => void)[] = [];
  #lastPacketId = 0;
  /** The broker, or the network, ended the connection; before it, what came is still there to read. */
  isClosed = false;
  /** What our own strict decoder had against the broker's bytes. */
  violation: unknown;

  constructor(transport: Transport, version: ProtocolVersion) {
    this.version = version;
    this.#transport = transport;
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
    for (const packet of packets) this.write(encodePacket(packet, this.version));
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
    this.send(connectPacket(this.version, options));
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
        request({ ...defaults, ...(typeof filter === 'string' ? { filter } : filter) }),
      ),
    };
    if (identifier !== undefined) packet.properties = { subscriptionIdentifier: identifier };
    this.send(packet);
    return await this.next('suback');
  }

  /** Publishes and, at QoS 1 and 2, completes the exchange; resolves with the reason code. */
  async publish(topic: string, payload = '', options: Partial<PublishPacket> = {}): Promise<number> {
    const packet = publishPacket(topic, payload, options);
    if (packet.qos > 0) packet.packetId ??= this.packetId();
    this.send(packet);
    if (packet.qos === 0) return 0;
    if (packet.qos === 1) return (await this.next('puback')).reasonCode;
    const { packetId, reasonCode } = await this.next('pubrec');
    if (reasonCode >= 0x80) return reasonCode;
    this.send({ type: 'pubrel', packetId, reasonCode: 0 });
    await this.next('pubcomp');
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

  /** Everything that the broker has sent up to an answer that it gives now. */
  async soFar(): Promise<Packet[]> {
    this.send({ type: 'pingreq' });
    const packets: Packet[] = [];
    for (;;) {
      while (this.#received.length === 0) {
        if (this.isClosed) throw new Error(`The connection ended after: ${JSON.stringify(packets)}`);
        await new Promise<void>((resolve) => this.#arrived.push(resolve));
      }
      const packet = this.#received.shift() as Packet;
      if (packet.type === 'pingresp') return packets;
      packets.push(packet);
    }
  }

  /** What came until the connection ended. */
  async rest(): Promise<Packet[]> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.#arrived.push(resolve));
    if (this.violation !== undefined) throw this.violation;
    return this.#received.splice(0);
  }

  /** PUBLISH packets only, as short text: `q1 a/b "text"`, what matters in front. */
  async messages(): Promise<string[]> {
    return (await this.soFar()).filter((packet) => packet.type === 'publish').map(publishText);
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

  #wake(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const resolve of arrived) resolve();
  }
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
