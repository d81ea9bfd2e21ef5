import { encodePacket, PacketDecoder } from '../../../src/packets/index.js';
import type { ConnectPacket, Packet, ProtocolVersion, PublishPacket } from '../../../src/packets/packet.js';
import type { Transport } from '../../../src/transports/index.js';
import { inOldWords } from './random-steps.js';

/** A client that says what it is told to, and looks for what the broker must not do to it. */
export class SuspiciousClient {
  /** Of its CONNECT. */
  #version: ProtocolVersion;
  readonly #transport: Transport;
  /** The version that the broker speaks whatever it is asked for. */
  readonly #spoken: ProtocolVersion | undefined;
  readonly #onPacket: (packet: Packet) => void;
  #decoder: PacketDecoder | undefined;
  #connect: ConnectPacket | undefined;
  /** What came and was not answered. */
  readonly #received: Packet[] = [];
  /** Identifiers of the PUBLISH packets that came and were not completely acknowledged. */
  readonly #open = new Set<number>();
  /** Identifiers that it acknowledged without having read a PUBLISH: that may be under way, and free again for the broker. */
  readonly #early = new Set<number>();
  /** The topic aliases that the broker has set. */
  readonly #aliases = new Set<number>();
  /** CONNACK came. */
  #isGreeted = false;
  #last: Packet | undefined;
  /** It wrote bytes of which it does not know what they mean: a CONNECT perhaps, or acknowledgements. */
  #isConfused = false;
  isClosed = false;
  /** What the broker did wrong, first of all. */
  violation: Error | undefined;

  constructor(
    transport: Transport,
    version: ProtocolVersion,
    spoken: ProtocolVersion | undefined,
    onPacket: (packet: Packet) => void,
  ) {
    this.#transport = transport;
    this.#version = version;
    this.#spoken = spoken;
    this.#onPacket = onPacket;
    transport.start(
      (chunk) => this.#read(chunk),
      () => {
        this.isClosed = true;
      },
    );
  }

  /** Its CONNECT named a method. */
  get authenticates(): boolean {
    return this.#connect?.properties?.authenticationMethod !== undefined;
  }

  /** Packets that our own encoder takes for illegal in this version are not sent. Returns whether it was. */
  send(packet: Packet): boolean {
    if (this.#connect === undefined && packet.type === 'connect') this.#version = packet.protocolVersion;
    const bytes = this.encoded(packet);
    if (bytes === undefined) return false;
    if (packet.type === 'connect') this.#connect ??= packet;
    const isFinal = packet.type === 'puback' || packet.type === 'pubcomp';
    const isRefusal = packet.type === 'pubrec' && packet.reasonCode >= 0x80 && this.#version === 5;
    if ((isFinal || isRefusal) && !this.#open.delete(packet.packetId)) this.#early.add(packet.packetId);
    this.#transport.write(bytes);
    return true;
  }

  /** Undefined if our own encoder refuses it: it was made up, and not all of that is legal. */
  encoded(packet: Packet): Uint8Array | undefined {
    try {
      return encodePacket(this.#version === 4 ? inOldWords(packet) : packet, this.#version);
    } catch {
      return undefined;
    }
  }

  write(bytes: Uint8Array): void {
    this.#isConfused = true;
    this.#transport.write(bytes);
  }

  /** Answers everything that came, in order. */
  acknowledge(reasonCode: number): void {
    for (const packet of this.#received.splice(0)) {
      if (packet.type === 'pubrel') this.send({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 });
      if (packet.type !== 'publish' || packet.packetId === undefined) continue;
      const { packetId, qos } = packet;
      this.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode });
    }
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  drop(): void {
    this.#transport.close(new Error('The client dropped the connection.'));
  }

  end(): void {
    this.#transport.close();
  }

  #read(chunk: Uint8Array): void {
    // If its CONNECT was garbled, it does not know which language it asked for.
    if (this.#decoder === undefined && this.#isConfused) return;
    this.#decoder ??= this.#newDecoder();
    try {
      this.#decoder.push(chunk, (packet) => this.#take(packet));
    } catch (error) {
      this.violation ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  #checkAlias(packet: PublishPacket): void {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return;
    const { topicAliasMaximum = 0 } = this.#connect?.properties ?? {};
    if (alias < 1 || alias > topicAliasMaximum)
      throw wrong('an alias beyond the maximum [MQTT-3.3.2-9]', packet);
    if (packet.topic !== '') this.#aliases.add(alias);
    else if (!this.#aliases.has(alias)) throw wrong('an alias that it has not set', packet);
  }

  #newDecoder(): PacketDecoder {
    const maximumPacketSize = this.#connect?.properties?.maximumPacketSize;
    return new PacketDecoder({
      receiver: 'client',
      protocolVersion: this.#spoken ?? this.#version,
      reusesChunks: true,
      ...(maximumPacketSize !== undefined && { maximumPacketSize }),
    });
  }

  #take(packet: Packet): void {
    const mayComeFirst = packet.type === 'connack' || (packet.type === 'auth' && this.authenticates);
    if (!this.#isGreeted && !mayComeFirst) throw wrong('before CONNACK', packet);
    if (this.#isGreeted && packet.type === 'connack') throw wrong('a second time', packet);
    this.#isGreeted ||= packet.type === 'connack';
    if (this.#last?.type === 'disconnect') throw wrong('behind a DISCONNECT', packet);
    this.#last = packet;
    this.#received.push(packet);
    this.#onPacket(packet);
    if (packet.type !== 'publish') return;
    this.#checkAlias(packet);
    if (packet.packetId === undefined || this.#isConfused) return;
    if (this.#early.delete(packet.packetId)) return;
    if (this.#open.has(packet.packetId)) throw wrong('an identifier that is in use [MQTT-2.2.1-4]', packet);
    this.#open.add(packet.packetId);
    const { receiveMaximum = 65_535 } = this.#connect?.properties ?? {};
    if (this.#open.size > receiveMaximum) throw wrong('more than the Receive Maximum [MQTT-3.3.4-9]', packet);
  }
}

function wrong(what: string, packet: Packet): Error {
  return new Error(`The broker sent ${what}: ${JSON.stringify(packet)}`);
}
