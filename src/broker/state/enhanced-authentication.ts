import { encodePacket } from '../../packets/index.js';
import type { AuthPacket, ConnectPacket } from '../../packets/packet.js';
import { isReasonCodeOf, type ReasonCode } from '../../packets/reason-codes.js';
import type {
  AuthenticatingClient,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
} from '../authentication.js';
import type { Connection } from './connection.js';
import { ANSWERS_LATER, failed, isPromise, type Refusal } from './hook.js';
import { disconnect } from './leave.js';
import type { State } from './state.js';

const CONTINUE_AUTHENTICATION = 0x18;
const REAUTHENTICATE = 0x19;
const NOT_AUTHORIZED = 0x87;

/** Enhanced authentication on one connection. MQTT 5.0, 4.12. */
export interface Authentication {
  /** Of CONNECT, and so of every AUTH that follows [MQTT-4.12.0-5]. */
  readonly name: string;
  readonly method: AuthenticationMethod;
  /** The exchange under way. */
  exchange: AuthenticationExchange | undefined;
  /** The CONNECT that waits for the end of the first exchange. */
  connect: ConnectPacket | undefined;
}

/** One step of an exchange: the client is asked to go on, is let in, or is refused. */
export type Verdict =
  | { readonly next: 'wait' }
  | { readonly next: 'let in'; readonly step: AuthenticationStep }
  | { readonly next: 'refuse'; readonly refusal: Refusal };

/** What CONNECT begins. Asks the client to go on if the method says so [MQTT-4.12.0-2]. */
export function beginExchange(
  connection: Connection,
  authentication: Authentication,
  packet: ConnectPacket,
): Verdict {
  const { clientId, username } = connection;
  const { password, protocolVersion, properties } = packet;
  const client = { clientId, username, password, protocolVersion, isReauthentication: false };
  return take(connection, authentication, client, properties?.authenticationData, 'connack');
}

/** The AUTH that goes on with it. */
export function continueExchange(
  connection: Connection,
  authentication: Authentication,
  packet: AuthPacket,
): Verdict {
  const wrong = mistakeOf(authentication, packet);
  if (wrong !== undefined) return { next: 'refuse', refusal: wrong };
  return take(connection, authentication, undefined, packet.properties?.authenticationData, 'connack');
}

/** AUTH on a connection that stands, beside all other traffic: it begins a new exchange or goes on with it. MQTT 5.0, 4.12.1. */
export function reauthenticate(state: State, connection: Connection, packet: AuthPacket, now: number): void {
  const { authentication, clientId, username } = connection;
  const refuse = ({ code, why }: Refusal) => disconnect(state, connection, code, why, now);
  if (authentication === undefined) {
    return void refuse({
      code: 0x82,
      why: 'AUTH needs an authentication method in CONNECT [MQTT-4.12.0-7].',
    });
  }
  const wrong = mistakeOf(authentication, packet);
  if (wrong !== undefined) return void refuse(wrong);
  const isNew = packet.reasonCode === REAUTHENTICATE;
  const client = {
    clientId,
    username,
    password: undefined,
    protocolVersion: 5,
    isReauthentication: true,
  } as const;
  const data = packet.properties?.authenticationData;
  const verdict = take(connection, authentication, isNew ? client : undefined, data, 'disconnect');
  if (verdict.next === 'refuse') return void refuse(verdict.refusal);
  if (verdict.next === 'let in') connection.answer(authPacket(authentication, 0, verdict.step));
}

/** The data that CONNACK carries for the client that was let in. */
export function authenticationProperties(
  { name }: Authentication,
  step: AuthenticationStep,
): Pick<
  NonNullable<AuthPacket['properties']>,
  'authenticationMethod' | 'authenticationData' | 'reasonString'
> {
  const { authenticationData, reasonString } = step;
  return {
    authenticationMethod: name,
    ...(authenticationData !== undefined && { authenticationData }),
    ...(reasonString !== undefined && { reasonString }),
  };
}

/** What is wrong with an AUTH in this place; undefined if nothing is. */
function mistakeOf({ name, exchange }: Authentication, packet: AuthPacket): Refusal | undefined {
  const said = packet.properties?.authenticationMethod;
  if (said !== name)
    return { code: 0x8c, why: `The authentication method is ${said}, in CONNECT it was ${name}.` };
  if (packet.reasonCode === REAUTHENTICATE) {
    return exchange && { code: 0x82, why: 'AUTH 0x19 begins an exchange before the last one ended.' };
  }
  return exchange ? undefined : { code: 0x82, why: 'AUTH 0x18 goes on with no exchange.' };
}

/** Takes one step, the first one if there is a `client`. `packet` is what a refusal is told with. */
function take(
  connection: Connection,
  authentication: Authentication,
  client: AuthenticatingClient | undefined,
  data: Uint8Array | undefined,
  packet: 'connack' | 'disconnect',
): Verdict {
  const { name, method } = authentication;
  let step: AuthenticationStep;
  let auth: AuthPacket;
  try {
    if (client !== undefined) authentication.exchange = method(client);
    if (isPromise(authentication.exchange)) return answersLater(name);
    // Callers have seen that there is one.
    step = (authentication.exchange as AuthenticationExchange)(data);
    if (isPromise(step)) return answersLater(name);
    auth = authPacket(authentication, CONTINUE_AUTHENTICATION, step);
    // What no packet can carry must fail here, where it is known whose mistake it is.
    encodePacket(auth, 5);
  } catch (error) {
    return { next: 'refuse', refusal: failed(`${name} authentication`, error) };
  }
  if (step.reasonCode === CONTINUE_AUTHENTICATION) {
    connection.answer(auth);
    return { next: 'wait' };
  }
  authentication.exchange = undefined;
  if (step.reasonCode === 0) return { next: 'let in', step };
  return { next: 'refuse', refusal: refusalOf(name, step, packet) };
}

function answersLater(name: string): Verdict {
  return { next: 'refuse', refusal: failed(`${name} authentication`, ANSWERS_LATER) };
}

function refusalOf(name: string, step: AuthenticationStep, packet: 'connack' | 'disconnect'): Refusal {
  const { reasonCode, reasonString } = step;
  const why = reasonString ?? `${name} authentication failed.`;
  if (reasonCode >= 0x80 && isReasonCodeOf(packet, reasonCode, 'server')) return { code: reasonCode, why };
  if (packet === 'disconnect' && isReasonCodeOf('connack', reasonCode)) return { code: NOT_AUTHORIZED, why };
  return failed(`${name} authentication`, `it returned ${reasonCode}, no code of ${packet.toUpperCase()}.`);
}

function authPacket(
  authentication: Authentication,
  reasonCode: ReasonCode,
  step: AuthenticationStep,
): AuthPacket {
  return { type: 'auth', reasonCode, properties: authenticationProperties(authentication, step) };
}
