import type { ProtocolVersion } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';

/** What a client says of itself in CONNECT. */
export interface Credentials {
  /** Of its CONNECT, or what the broker calls a client that gave none. */
  clientId: string;
  username: string | undefined;
  password: Uint8Array | undefined;
  /** 5, or 4 for MQTT 3.1.1. */
  protocolVersion: ProtocolVersion;
}

/** Who holds an exchange of enhanced authentication with the broker. */
export interface AuthenticatingClient extends Credentials {
  /** Whether it is connected already and authenticates anew: then there is no password. MQTT 5.0, 4.12.1. */
  isReauthentication: boolean;
}

/**
 * A method of enhanced authentication, such as SCRAM-SHA-256. Called as an exchange begins, with CONNECT or with AUTH 0x19; the function that it
 * returns decides on each step of that exchange and keeps between steps, in its closure, what it has to know of it. MQTT 5.0, 4.12.
 */
export type AuthenticationMethod = (client: AuthenticatingClient) => AuthenticationExchange;

/** Decides, at once, on what came: `data` is the authentication data of CONNECT or AUTH. */
export type AuthenticationExchange = (data: Uint8Array | undefined) => AuthenticationStep;

/** What the broker answers to a step of the client. */
export interface AuthenticationStep {
  /** 0x18 asks the client to go on, 0 lets it in, any other code refuses it. */
  reasonCode: ReasonCode;
  /** For the client: in AUTH, or in the CONNACK that lets it in. At most 65,535 bytes. */
  authenticationData?: Uint8Array | undefined;
  /** For the client's log; left out in AUTH if the client asked for no problem information [MQTT-3.1.2-29]. */
  reasonString?: string | undefined;
}
