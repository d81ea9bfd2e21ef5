import type { AuthPacket, ConnectPacket, Packet } from '../../packets/packet.js';
import { willRefusal } from './authorize.js';
import { connackProperties, refuse } from './connack.js';
import type { Connection } from './connection.js';
import {
  type Authentication,
  authenticationProperties,
  beginExchange,
  continueExchange,
  type Verdict,
} from './enhanced-authentication.js';
import { askHook, type Refusal } from './hook.js';
import { patienceWith, watchSilence } from './keep-alive.js';
import { connectionEnded, disconnect, endSession, farewell } from './leave.js';
import { OutboundAliases } from './outbound-aliases.js';
import { NEVER_EXPIRES, Session } from './session.js';
import type { State } from './state.js';
import { forgetWill, willDelayOf } from './will.js';

/** CONNECT: refused with the code that fits, or answered with what this broker can do. MQTT 5.0, 3.1.4. */
export function connect(state: State, connection: Connection, packet: ConnectPacket, now: number): void {
  introduce(state, connection, packet);
  const refusal = formalRefusal(state, packet);
  if (refusal !== undefined) return void refuse(state, connection, refusal, now);

  const name = packet.properties?.authenticationMethod;
  if (name !== undefined) return void authenticate(state, connection, packet, name, now);
  const denial = denialOf(state, connection, packet);
  if (denial !== undefined) return void refuse(state, connection, denial, now);
  admit(state, connection, packet, {}, now);
}

/** What comes between a CONNECT with an authentication method and its CONNACK: AUTH or DISCONNECT, nothing else [MQTT-3.1.2-30]. */
export function receivedWhileAuthenticating(
  state: State,
  connection: Connection,
  authentication: Authentication,
  packet: Packet,
  now: number,
): void {
  if (packet.type === 'auth') {
    const verdict = continueExchange(connection, authentication, packet);
    return void follow(state, connection, authentication, verdict, now);
  }
  if (packet.type === 'disconnect') {
    connection.close(farewell(packet));
    return void connectionEnded(state, connection, 'discard will', now);
  }
  const why = `${packet.type.toUpperCase()} must not come before CONNACK when CONNECT has an authentication method.`;
  refuse(state, connection, { code: 0x82, why }, now);
}

/** What CONNECT says of the client, for as long as the connection lasts. */
function introduce(state: State, connection: Connection, packet: ConnectPacket): void {
  const { properties } = packet;
  // A broker of 3.1.1 knows no other CONNACK than its own, not for a client of MQTT 5 either.
  connection.version = state.settings.version === 4 ? 4 : packet.protocolVersion;
  connection.maximumPacketSize = properties?.maximumPacketSize;
  connection.receiveMaximum = properties?.receiveMaximum ?? 65_535;
  const aliases = Math.min(
    properties?.topicAliasMaximum ?? 0,
    state.settings.capabilities.outboundTopicAliasMaximum,
  );
  if (aliases > 0) connection.outboundAliases = new OutboundAliases(aliases);
  connection.wantsProblemInformation = properties?.requestProblemInformation ?? true;
  connection.clientId = packet.clientId === '' ? assignClientId(state, connection) : packet.clientId;
  connection.username = packet.username;
}

/** What can be said before it is known who asks. */
function formalRefusal(state: State, packet: ConnectPacket): Refusal | undefined {
  const { version } = state.settings;
  if (version !== undefined && version !== packet.protocolVersion) {
    return { code: 0x84, why: `The broker speaks MQTT ${version === 5 ? '5.0' : '3.1.1'} only.` };
  }
  if (packet.clientId === '' && packet.protocolVersion === 4 && !packet.cleanStart) {
    return { code: 0x85, why: 'MQTT 3.1.1 keeps no session without a client identifier.' };
  }
  return undefined;
}

function denialOf(state: State, connection: Connection, packet: ConnectPacket): Refusal | undefined {
  const hook = state.settings.authenticate;
  if (hook === undefined) return undefined;
  const { username, password, protocolVersion } = packet;
  const credentials = { clientId: connection.clientId, username, password, protocolVersion };
  return askHook('authenticate', hook, credentials, 'connack');
}

function authenticate(
  state: State,
  connection: Connection,
  connect: ConnectPacket,
  name: string,
  now: number,
): void {
  const method = state.settings.authenticationMethods.get(name);
  if (method === undefined) {
    const why = `The broker has no authentication method ${name}.`;
    return void refuse(state, connection, { code: 0x8c, why }, now);
  }
  const authentication: Authentication = { name, method, exchange: undefined, connect };
  connection.authentication = authentication;
  follow(state, connection, authentication, beginExchange(connection, authentication, connect), now);
}

function follow(
  state: State,
  connection: Connection,
  authentication: Authentication,
  verdict: Verdict,
  now: number,
): void {
  if (verdict.next === 'refuse') return void refuse(state, connection, verdict.refusal, now);
  const { connect } = authentication;
  if (verdict.next === 'wait' || connect === undefined) return;
  authentication.connect = undefined;
  admit(state, connection, connect, authenticationProperties(authentication, verdict.step), now);
}

/** The client is who it says: it gets its session, unless the broker can't do what it asks for. */
function admit(
  state: State,
  connection: Connection,
  packet: ConnectPacket,
  authentication: AuthPacket['properties'],
  now: number,
): void {
  // While the client authenticated somebody else may have taken the name that was meant for it.
  if (packet.clientId === '') connection.clientId = assignClientId(state, connection);
  const { clientId } = connection;
  const refusal = materialRefusal(state, connection, packet);
  if (refusal !== undefined) return void refuse(state, connection, refusal, now);

  leaveOldConnection(state, clientId, packet.cleanStart, now);
  if (packet.cleanStart) forgetOldSession(state, clientId, now);
  const old = state.sessions.get(clientId);
  const session = old ?? new Session(clientId, packet.protocolVersion, state.settings.limits);
  state.sessions.set(clientId, session);
  takeUp(state, connection, session, packet);

  connection.phase = 'open';
  connection.answer({
    type: 'connack',
    sessionPresent: old !== undefined,
    reasonCode: 0,
    ...(packet.protocolVersion === 5 && {
      properties: { ...connackProperties(state, packet, session), ...authentication },
    }),
  });
  watchSilence(state, connection, now);
  session.outbound.resume(connection, now);
}

/** What the broker can't do for this client, or may not. */
function materialRefusal(state: State, connection: Connection, packet: ConnectPacket): Refusal | undefined {
  const { capabilities, limits } = state.settings;
  const { will } = packet;
  if ((will?.qos ?? 0) > capabilities.maximumQoS) {
    return { code: 0x9b, why: `The broker takes QoS ${capabilities.maximumQoS} at most, of a will too.` };
  }
  if (will?.retain === true && !capabilities.retain) {
    return { code: 0x9a, why: 'The broker does not retain messages, not a will either.' };
  }
  if (!state.sessions.has(connection.clientId) && state.sessions.size >= limits.sessions) {
    return { code: 0x97, why: `The broker keeps ${limits.sessions} sessions at most.` };
  }
  return will && willRefusal(state, connection, will);
}

/** A name that no session has [MQTT-3.1.3-6], made from the connection's random number. */
function assignClientId(state: State, connection: Connection): string {
  const base = `auto-${Math.floor(connection.nonce * 2 ** 48)
    .toString(36)
    .padStart(10, '0')}`;
  let clientId = base;
  for (let count = 2; state.sessions.has(clientId); count += 1) clientId = `${base}-${count}`;
  return clientId;
}

/**
 * A second connection with the same identifier ends the first one [MQTT-3.1.4-3]. It came within the delay of the will, which so never goes out
 * [MQTT-3.1.2-8], not even with a session that ends here; at a clean start it does: MQTT 5.0, 3.1.4.
 */
function leaveOldConnection(state: State, clientId: string, cleanStart: boolean, now: number): void {
  const session = state.sessions.get(clientId);
  if (session?.connection === undefined) return;
  if (!cleanStart && willDelayOf(session) > 0) forgetWill(state, session);
  disconnect(state, session.connection, 0x8e, 'Another connection took over the session.', now);
}

function forgetOldSession(state: State, clientId: string, now: number): void {
  const old = state.sessions.get(clientId);
  if (old !== undefined) endSession(state, old, now);
}

function takeUp(state: State, connection: Connection, session: Session, packet: ConnectPacket): void {
  connection.session = session;
  session.connection = connection;
  session.version = packet.protocolVersion;
  state.deadlines.clear(session.expiryDeadline);
  session.expiryDeadline = undefined;
  forgetWill(state, session);
  session.will = packet.will;
  connection.requestedExpiry = requestedExpiry(packet);
  session.expiryInterval = Math.min(
    connection.requestedExpiry,
    state.settings.capabilities.sessionExpiryMaximum,
  );
  connection.patience = patienceWith(state, packet);
}

/** MQTT 3.1.1 has no interval: a session that is not clean stays. */
function requestedExpiry(packet: ConnectPacket): number {
  if (packet.protocolVersion === 4) return packet.cleanStart ? 0 : NEVER_EXPIRES;
  return packet.properties?.sessionExpiryInterval ?? 0;
}
