import { ProtocolError } from '../packets/errors.js';
import type {
  AckPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
} from '../packets/packet.js';
import { reasonCodeName } from '../packets/reason-codes.js';
import type { AckToSend } from './ack-sender.js';
import type { Effects, Request } from './effects.js';
import { NegativeAckError } from './errors.js';
import type { Exchange } from './exchange.js';
import { checkLegal } from './limit-checks.js';
import type { PacketIds } from './packet-ids.js';
import { Queue } from './queue.js';
import type { OutboundAliases } from './topic-aliases.js';

/** A publish that somebody waits for. Its answer: the PUBACK; at PUBCOMP the PUBREC, which is the one that tells; nothing for QoS 0. */
export interface PublishRequest extends Request<AckPacket | undefined> {
  /** Gets its packet identifier when it leaves. Kept as it is until it is acknowledged. */
  readonly packet: PublishPacket;
}

/** Publishes to the server: who may leave when, and what the acknowledgements mean. */
export class Outbound {
  readonly #ids: PacketIds<Exchange>;
  readonly #protocolVersion: 4 | 5;
  readonly #effects: Effects;
  readonly #sendAck: (packet: AckToSend) => void;
  /** QoS 1 and 2 that wait for a slot, an identifier or the socket; QoS 0 that waits for the socket. */
  readonly #waiting = new Queue<PublishRequest>();
  readonly #waitingQos0 = new Queue<PublishRequest>();
  /** How many publishes may be unacknowledged, and how many are. [MQTT-4.9.0-1] */
  #slots = 0;
  #used = 0;
  #writable = false;
  #aliases: OutboundAliases | undefined;
  #ignored = 0;

  constructor(
    ids: PacketIds<Exchange>,
    protocolVersion: 4 | 5,
    effects: Effects,
    sendAck: (packet: AckToSend) => void,
  ) {
    this.#ids = ids;
    this.#protocolVersion = protocolVersion;
    this.#effects = effects;
    this.#sendAck = sendAck;
  }

  get inFlight(): number {
    return this.#used;
  }

  get queued(): number {
    return this.#waiting.length + this.#waitingQos0.length;
  }

  /** Acknowledgements that answered nothing. */
  get ignored(): number {
    return this.#ignored;
  }

  /** A connection stands. `aliases` is undefined where there are none to give. */
  opened(slots: number, aliases?: OutboundAliases): void {
    this.#slots = slots;
    this.#aliases = aliases;
    this.#writable = true;
    this.#pump();
  }

  /** The socket takes more, or does not. */
  writable(writable: boolean): void {
    this.#writable = writable;
    this.#pump();
  }

  /** Sends a QoS 0 publish that nobody needs to wait for. False: the socket is full, it has to be asked for with `publish`. */
  publishAtOnce(packet: PublishPacket): boolean {
    if (!this.#writable) return false;
    this.#write(packet);
    return true;
  }

  publish(request: PublishRequest): void {
    const queue = request.packet.qos === 0 ? this.#waitingQos0 : this.#waiting;
    if (queue.length === 0 && this.#mayLeave(request)) {
      this.#send(request);
      return;
    }
    checkLegal(request.packet, this.#protocolVersion); // now, not when its turn comes
    queue.push(request);
  }

  /** True: it had not left, and never will. False: it is on its way, and the slot stays taken until it is acknowledged. */
  withdraw(request: PublishRequest): boolean {
    const queue = request.packet.qos === 0 ? this.#waitingQos0 : this.#waiting;
    return queue.take((waiting) => waiting === request) !== undefined;
  }

  puback(packet: PubackPacket): void {
    const exchange = this.#expect(packet, 1, 'publish');
    if (exchange) this.#finish(packet, exchange.request);
  }

  pubrec(packet: PubrecPacket): void {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#sendAck({ type: 'pubrel', packetId: packet.packetId, reasonCode: 0x92 });
      return;
    }
    if (exchange.kind !== 'publish' || exchange.request.packet.qos !== 2) throw outOfPlace(packet, exchange);
    if (packet.reasonCode >= 0x80 && exchange.phase === 'publish') {
      this.#finish(packet, exchange.request);
      return;
    }
    exchange.received ??= packet;
    exchange.phase = 'pubrel'; // from here on the PUBLISH is never sent again [MQTT-4.3.3-6]
    this.#sendAck({ type: 'pubrel', packetId: packet.packetId, reasonCode: 0 });
  }

  pubcomp(packet: PubcompPacket): void {
    const exchange = this.#expect(packet, 2, 'pubrel');
    // 0x92 here only says that the server finished earlier: the message arrived.
    if (exchange) this.#finish(exchange.received ?? packet, exchange.request);
  }

  /** The connection is gone. What was sent and what waits stays, for the next one. */
  lost(): void {
    this.#writable = false;
  }

  /** No connection follows: everything that waits is given up. */
  end(error: (maybeDelivered: boolean) => Error): void {
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind !== 'publish') continue;
      this.#ids.free(packetId);
      this.#effects.answer(exchange.request, error(true));
    }
    this.#used = 0;
    for (const queue of [this.#waiting, this.#waitingQos0]) {
      for (let request = queue.shift(); request; request = queue.shift()) {
        this.#effects.answer(request, error(false));
      }
    }
  }

  #mayLeave(request: PublishRequest): boolean {
    return this.#writable && (request.packet.qos === 0 || (this.#used < this.#slots && !this.#ids.full));
  }

  #send(request: PublishRequest): void {
    const { packet } = request;
    if (packet.qos === 0) {
      this.#write(packet);
      this.#effects.answer(request, undefined);
      return;
    }
    const packetId = this.#ids.take({ kind: 'publish', phase: 'publish', received: undefined, request });
    packet.packetId = packetId;
    this.#used++; // before it leaves: the connection may end while it is written
    try {
      this.#write(packet);
    } catch (error) {
      this.#ids.giveBack(packetId); // not legal, so not sent
      this.#used--;
      throw error;
    }
  }

  /** For the first time; what is sent again goes as it is, with its topic in full. */
  #write(packet: PublishPacket): void {
    if (this.#aliases) this.#aliases.write(packet);
    else this.#effects.send(packet);
  }

  #pump(): void {
    for (const queue of [this.#waitingQos0, this.#waiting]) {
      for (let next = queue.peek(); next && this.#mayLeave(next); next = queue.peek()) {
        queue.shift();
        try {
          this.#send(next);
        } catch (error) {
          this.#effects.answer(next, error as Error); // what `send` throws is an InvalidPacketError
        }
      }
    }
  }

  #expect(
    packet: PubackPacket | PubcompPacket,
    qos: 1 | 2,
    phase: 'publish' | 'pubrel',
  ): Extract<Exchange, { kind: 'publish' }> | undefined {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#ignored++; // the second answer to something, or one to a forgotten session: harmless
      return undefined;
    }
    if (exchange.kind !== 'publish' || exchange.request.packet.qos !== qos || exchange.phase !== phase) {
      throw outOfPlace(packet, exchange);
    }
    return exchange;
  }

  #finish(packet: PubackPacket | PubrecPacket | PubcompPacket, request: PublishRequest): void {
    this.#ids.free(packet.packetId);
    this.#used--;
    const isRefusal = packet.reasonCode >= 0x80 && packet.type !== 'pubcomp';
    this.#effects.answer(request, isRefusal ? refused(packet, request.packet.topic) : packet);
    this.#pump();
  }
}

function refused(packet: PubackPacket | PubrecPacket | PubcompPacket, topic: string): NegativeAckError {
  const code = reasonCodeName(packet.reasonCode, packet.type);
  const { reasonString } = packet.properties ?? {};
  return new NegativeAckError(
    packet.type,
    [packet.reasonCode],
    reasonString,
    `The server refused the message for "${topic}" (${code})${reasonString ? `: ${reasonString}` : ''}.`,
  );
}

/** An acknowledgement that does not fit what its identifier stands for. */
export function outOfPlace(packet: { type: string; packetId: number }, exchange: Exchange): ProtocolError {
  const open =
    exchange.kind !== 'publish'
      ? exchange.kind.toUpperCase()
      : exchange.phase === 'pubrel'
        ? 'PUBREL'
        : `PUBLISH with QoS ${exchange.request.packet.qos}`;
  return new ProtocolError(
    0x82,
    `The server sent ${packet.type.toUpperCase()} ${packet.packetId}, but that identifier stands for a ${open}.`,
  );
}
