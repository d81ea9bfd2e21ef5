// A server that does what a test's script says, packet by packet, in virtual time.
import { describe, expect } from 'vitest';
import { type Client, type ConnectOptions, connect } from '../../src/client/index.js';
import { encodePacket, PacketDecoder } from '../../src/packets/index.js';
import type {
  AckPacket,
  ConnackProperties,
  ConnectPacket,
  Packet,
  PacketType,
  ProtocolVersion,
  PublishPacket,
} from '../../src/packets/packet.js';
import { seededRandom, VirtualClock } from '../../src/time/index.js';
import { memoryTransportPair, type Transport } from '../../src/transports/index.js';

type Ack = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
export type PacketOf<T extends PacketType> = T extends Ack ? AckPacket<T> : Extract<Packet, { type: T }>;

/** How the bytes of both directions reach the other side. */
export type Cut = 'byte by byte' | 'in one segment' | 'in random cuts';
const cuts: readonly Cut[] = ['byte by byte', 'in one segment', 'in random cuts'];

/** The same scripts for every way in which TCP may cut the bytes: the result must not depend on it. */
export function everyCut(define: (cut: Cut) => void): void {
  describe.each(cuts)('%s', define);
}

/** One server for any number of connections, one after the other: each `accept` is the next one. */
export class ScriptedPeer {
  readonly clock = new VirtualClock();
  readonly #cut: Cut;
  readonly #random = seededRandom(2_718_281);
  readonly #opened: PeerConnection[] = [];
  /** How many connections the client asked for. */
  attempts = 0;

  constructor(cut: Cut = 'in one segment') {
    this.#cut = cut;
  }

  /** What to hand to `connect`. */
  readonly endpoint = {
    connect: async (): Promise<Transport> => this.dial(),
  };

  /** The client's end of a new connection. */
  dial(): Transport {
    this.attempts++;
    const [theirs, ours] = memoryTransportPair({ cut: (bytes) => this.#pieces(bytes) });
    this.#opened.push(new PeerConnection(ours, this.clock));
    return theirs;
  }

  /** Whether a connection waits for `opened` or `accept`. */
  get hasOpened(): boolean {
    return this.#opened.length > 0;
  }

  /** The next connection, if the client opened one. */
  opened(): PeerConnection | undefined {
    return this.#opened.shift();
  }

  /** The next connection of the client, CONNECT not read yet. */
  async accept(): Promise<PeerConnection> {
    await this.clock.settle();
    const connection = this.opened();
    if (!connection) throw new Error('The client opened no further connection.');
    return connection;
  }

  /** A client that this peer let in, and the peer's end of its connection. */
  async connected(
    options: ConnectOptions = {},
    connack: { sessionPresent?: boolean; properties?: ConnackProperties } = {},
  ): Promise<{ client: Client; peer: PeerConnection; clock: VirtualClock }> {
    const connecting = connect(this.endpoint, { clientId: 'c', ...this.deterministic, ...options });
    const peer = await this.accept();
    await peer.expect('connect');
    peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0, ...connack });
    return { client: await connecting, peer, clock: this.clock };
  }

  /** Time and chance of the script; it says itself when a client comes back. */
  get deterministic(): { clock: VirtualClock; random: () => number; reconnect: boolean } {
    return { clock: this.clock, random: this.#random, reconnect: false };
  }

  *#pieces(bytes: Uint8Array): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const length =
        this.#cut === 'byte by byte'
          ? 1
          : this.#cut === 'in one segment'
            ? bytes.length
            : 1 + this.#random() * 12;
      yield bytes.subarray(at, at + Math.floor(length));
      at += Math.floor(length);
    }
  }
}

/** The server's end of one connection. Reads strictly: what the client writes must be legal MQTT. */
export class PeerConnection {
  readonly #transport: Transport;
  readonly #clock: VirtualClock;
  readonly #decoder = new PacketDecoder({ receiver: 'server' });
  readonly #received: Packet[] = [];
  #violation: unknown;
  isClosed = false;

  constructor(transport: Transport, clock: VirtualClock) {
    this.#transport = transport;
    this.#clock = clock;
    transport.start(
      (chunk) => {
        try {
          this.#decoder.push(chunk, (packet) => this.#received.push(packet));
        } catch (error) {
          this.#violation ??= error;
        }
      },
      () => {
        this.isClosed = true;
      },
    );
  }

  get version(): ProtocolVersion {
    return this.#decoder.protocolVersion ?? 5;
  }

  /** All in one write. */
  send(...packets: Packet[]): void {
    this.sendBytes(...packets.flatMap((packet) => [...encodePacket(packet, this.version)]));
  }

  /** Whatever it is. */
  sendBytes(...bytes: number[]): void {
    this.#transport.write(Uint8Array.from(bytes));
  }

  publish(packet: Partial<PublishPacket> & { topic?: string } = {}): void {
    this.send(publish(packet));
  }

  ack(type: Ack, packetId: number, reasonCode = 0, properties?: AckPacket['properties']): void {
    this.send({ type, packetId, reasonCode, ...(properties && { properties }) } as Packet); // one of the four, by `type`
  }

  /** The client's next packet, which must be of this type; `fields` is what must be in it. */
  async expect<T extends PacketType>(type: T, fields: Partial<PacketOf<T>> = {}): Promise<PacketOf<T>> {
    await this.#settle();
    const packet = this.#received.shift();
    expect(packet ?? 'nothing came').toMatchObject({ type, ...fields });
    return packet as PacketOf<T>; // the line above has looked
  }

  /** How many packets came that nobody looked at. */
  get arrived(): number {
    return this.#received.length;
  }

  /** Everything that came up to now. */
  async received(): Promise<Packet[]> {
    await this.#settle();
    return this.#received.splice(0);
  }

  async expectNothing(): Promise<void> {
    expect(await this.received()).toEqual([]);
  }

  /** The client closed its end, and sent nothing but what was expected before. */
  async expectClosed(): Promise<void> {
    await this.expectNothing();
    expect(this.isClosed).toBe(true);
  }

  /** The network fails: at once, without a word. */
  cut(): void {
    this.#transport.close(new Error('cut by the script'));
  }

  /** The server ends the stream in order; what it sent arrives first. */
  end(): void {
    this.#transport.close();
  }

  /** Stops reading: the client's writes pile up. */
  stopReading(): void {
    this.#transport.pause();
  }

  goOnReading(): void {
    this.#transport.resume();
  }

  async #settle(): Promise<void> {
    await this.#clock.settle();
    if (this.#violation) throw this.#violation;
  }
}

/** A PUBLISH of which only what matters is said. */
export function publish(packet: Partial<PublishPacket> = {}): PublishPacket {
  const { qos = packet.packetId === undefined ? 0 : 1 } = packet;
  return {
    type: 'publish',
    topic: 't',
    payload: new Uint8Array(0),
    retain: false,
    duplicate: false,
    ...packet,
    qos,
  };
}

export function connackOf(reasonCode: number, properties?: ConnackProperties): Packet {
  return { type: 'connack', sessionPresent: false, reasonCode, ...(properties && { properties }) };
}

export function textOf(packet: PublishPacket | ConnectPacket['will']): string {
  return Buffer.from(packet?.payload ?? []).toString('utf8');
}
