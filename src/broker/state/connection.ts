import { encodePacket } from '../../packets/index.js';
import type { Packet, ProtocolVersion } from '../../packets/packet.js';
import type { Deadline } from './deadlines.js';
import type { Authentication } from './enhanced-authentication.js';
import type { OutboundAliases } from './outbound-aliases.js';
import { reasonString } from './reason-string.js';
import type { Session } from './session.js';

/** Where the effects on one connection go, in order. */
export interface Outlet {
  /** Where the other end is, for people to read. */
  readonly peer?: string | undefined;
  /** Encodes and writes the packet in the version of the connection. */
  send(packet: Packet, version: ProtocolVersion): void;
  /** Ends the connection after what was sent; nothing follows. */
  close(): void;
}

/** One network connection, from its opening to its end. */
export class Connection {
  readonly #outlet: Outlet;
  /** A random number from 0 to 1 for what has to be unpredictable about this connection. */
  readonly nonce: number;
  phase: 'connecting' | 'open' | 'closed' = 'connecting';
  /** Known from CONNECT on. */
  version: ProtocolVersion = 5;
  session: Session | undefined;
  /** The client identifier of CONNECT, or the one that was assigned. */
  clientId = '';
  username: string | undefined;
  /** Where CONNECT named a method. */
  authentication: Authentication | undefined;
  /** Milliseconds of silence after which it is closed: 1.5 keep-alive periods; 0 is never. */
  patience = 0;
  lastReceivedAt = 0;
  receiveMaximum = 65_535;
  maximumPacketSize: number | undefined;
  /** False if only PUBLISH, CONNACK and DISCONNECT may carry a reason string [MQTT-3.1.2-29]. */
  wantsProblemInformation = true;
  /** Session expiry interval of CONNECT in seconds: from 0 it may not be raised at DISCONNECT. */
  requestedExpiry = 0;
  /** The peer reads slower than we write: PUBLISH packets wait, answers do not [MQTT-3.3.4-10]. */
  congested = false;
  /** Identifiers of QoS 2 messages that came on it and are not released: what counts against our Receive Maximum. MQTT 5.0, 4.9. */
  readonly unreleased = new Set<number>();
  /** Topic aliases that the client set. They die with the connection [MQTT-3.3.2-7]. */
  readonly aliases = new Map<number, string>();
  /** Those that the broker gives; undefined if it gives none. */
  outboundAliases: OutboundAliases | undefined;
  /** When it is closed for silence: before CONNECT, later by keep-alive. */
  deadline: Deadline | undefined;
  /** Why the broker ended it, or what the client said as it left: a sentence. Undefined while it is open, and where it just broke off. */
  ending: string | undefined;

  constructor(outlet: Outlet, nonce: number, now: number) {
    this.#outlet = outlet;
    this.nonce = nonce;
    this.lastReceivedAt = now;
  }

  /** Where the client is, as far as its transport knows: `127.0.0.1:51234`. */
  get peer(): string | undefined {
    return this.#outlet.peer;
  }

  /** False if the packet is larger than the client takes: then nothing was sent [MQTT-3.1.2-24]. */
  send(packet: Packet): boolean {
    const wanted = this.wantsProblemInformation ? packet : withoutProblem(packet);
    const fitting = this.maximumPacketSize === undefined ? wanted : this.#fit(wanted, this.maximumPacketSize);
    if (fitting === undefined) return false;
    this.#outlet.send(fitting, this.version);
    return true;
  }

  /** An answer that must arrive: where it does not fit, the connection ends. */
  answer(packet: Packet): void {
    if (this.send(packet)) return;
    this.close(`The ${packet.type.toUpperCase()} is larger than the maximum packet size of the client.`);
  }

  close(why: string): void {
    this.ending ??= reasonString(why);
    this.#outlet.close();
  }

  #fit(packet: Packet, maximum: number): Packet | undefined {
    if (largestSize(packet) <= maximum) return packet;
    if (encodePacket(packet, this.version).length <= maximum) return packet;
    const bare = withoutReason(packet);
    return bare !== undefined && encodePacket(bare, this.version).length <= maximum ? bare : undefined;
  }
}

/** At least the size of the packet, told without encoding it: for most packets that is enough to know that they fit. */
function largestSize(packet: Packet): number {
  if (packet.type === 'pingresp') return 2;
  if (packet.type === 'publish') {
    const { topic, payload, properties } = packet;
    // Three bytes for a UTF-16 unit of the topic; 16 for header, lengths and packet identifier.
    return properties === undefined ? payload.length + 3 * topic.length + 16 : Number.POSITIVE_INFINITY;
  }
  return 'packetId' in packet && 'reasonCode' in packet && packet.properties === undefined
    ? 6
    : Number.POSITIVE_INFINITY;
}

/** The packet as it goes to a client that asked for no problem information: user properties the broker sends in PUBLISH only. */
function withoutProblem(packet: Packet): Packet {
  if (packet.type === 'publish' || packet.type === 'connack' || packet.type === 'disconnect') return packet;
  return withoutReason(packet) ?? packet;
}

/** The same packet without its reason string, the only property that may be left out to save room. */
function withoutReason(packet: Packet): Packet | undefined {
  if (
    !('properties' in packet) ||
    packet.properties === undefined ||
    !('reasonString' in packet.properties)
  ) {
    return undefined;
  }
  const { reasonString: _, ...properties } = packet.properties;
  // Type and properties still belong together: only an optional property went.
  return { ...packet, properties } as Packet;
}
