// Enhanced authentication, MQTT 5.0, 4.12: the server challenges, the client answers, before CONNACK or later when the client asks for it.
import { ProtocolError } from '../packets/errors.js';
import type { AuthPacket, ConnackPacket, ConnectPacket } from '../packets/packet.js';
import type { Effects } from './effects.js';
import { checkSize } from './limit-checks.js';
import type { ServerLimits } from './server-limits.js';

const nothing = new Uint8Array(0);

/** Which AUTH packets have their place, and what they ask for. */
export class Authentication {
  readonly #effects: Effects;
  /** Undefined before CONNACK. */
  readonly #limits: () => ServerLimits | undefined;
  #method: string | undefined;
  /** `challenged`: the server waits for an answer of ours; `waiting`: we wait for the server. */
  #exchange: 'none' | 'waiting' | 'challenged' = 'none';
  #renewing = false;

  constructor(effects: Effects, limits: () => ServerLimits | undefined) {
    this.#effects = effects;
    this.#limits = limits;
  }

  open(connect: ConnectPacket): void {
    this.#method = connect.properties?.authenticationMethod;
    this.#exchange = this.#method === undefined ? 'none' : 'waiting';
    this.#renewing = false;
  }

  accepted(connack: ConnackPacket): void {
    checkAuthenticationMethod(this.#method, connack);
    this.#exchange = 'none';
  }

  /** The server asks, or says that it is content with a renewal. */
  auth(packet: AuthPacket): void {
    checkAuthenticationMethod(this.#method, packet);
    if (this.#exchange !== 'waiting') {
      throw new ProtocolError(
        0x82,
        this.#exchange === 'challenged'
          ? 'The server sent AUTH before it got an answer to the one before.'
          : 'The server sent AUTH, but only the client may begin to authenticate again.',
      );
    }
    const data = packet.properties?.authenticationData ?? nothing;
    if (packet.reasonCode === 0x18) {
      this.#exchange = 'challenged';
      this.#effects.challenged(data);
      return;
    }
    if (!this.#renewing) {
      throw new ProtocolError(0x82, 'The server sent AUTH (Success) where the protocol wants CONNACK.');
    }
    this.#exchange = 'none';
    this.#renewing = false;
    this.#effects.authenticated(data);
  }

  /** Sends the answer to a challenge. Throws, and sends nothing, an InvalidPacketError for data that is none, a LimitError for more than the server takes. */
  answer(data: Uint8Array): void {
    if (this.#exchange !== 'challenged') return;
    this.#send(0x18, data);
    this.#exchange = 'waiting';
  }

  /** Begins to authenticate again. Throws as `answer` does; then nothing has begun. */
  renew(data: Uint8Array): void {
    this.#send(0x19, data);
    this.#exchange = 'waiting';
    this.#renewing = true;
  }

  #send(reasonCode: 0x18 | 0x19, authenticationData: Uint8Array): void {
    const authenticationMethod = this.#method!; // without one there is no exchange
    const properties = { authenticationMethod, authenticationData };
    const packet: AuthPacket = { type: 'auth', reasonCode, properties };
    const limits = this.#limits();
    if (limits) checkSize(packet, limits, 5);
    this.#effects.send(packet);
  }
}

/** Throws a ProtocolError unless the packet names the method of CONNECT, or neither names one. */
export function checkAuthenticationMethod(
  method: string | undefined,
  packet: AuthPacket | ConnackPacket,
): void {
  const said = packet.properties?.authenticationMethod;
  if (said === method && (method !== undefined || packet.type === 'connack')) return;
  const name = packet.type.toUpperCase();
  throw new ProtocolError(
    0x82,
    method === undefined
      ? `The server sent ${packet.type === 'auth' ? name : `${name} with an authentication method`}, but CONNECT named no authentication method.`
      : `The server sent ${name} ${said === undefined ? 'without the authentication method' : 'with another authentication method than'} "${method}", which CONNECT named.`,
  );
}
