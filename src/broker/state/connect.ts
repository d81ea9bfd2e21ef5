import type { ConnackProperties, ConnectPacket } from '../../packets/packet.js';
import { isReasonCodeOf, type ReasonCode } from '../../packets/reason-codes.js';
import type { Connection } from './connection.js';
import { connectionEnded, disconnect, endSession } from './leave.js';
import { NEVER_EXPIRES, Session } from './session.js';
import type { State } from './state.js';
import { forgetWill } from './will.js';

/** CONNECT: refused with the code that fits, or answered with what this broker can do. MQTT 5.0, 3.1.4. */
export function connect(state: State, connection: Connection, packet: ConnectPacket, now: number): void {
  // A broker of 3.1.1 knows no other CONNACK than its own, not for a client of MQTT 5 either.
  connection.version = state.settings.version === 4 ? 4 : packet.protocolVersion;
  connection.maximumPacketSize = packet.properties?.maximumPacketSize;
  connection.receiveMaximum = packet.properties?.receiveMaximum ?? 65_535;
  const clientId = packet.clientId === '' ? assignClientId(state, connection) : packet.clientId;
  connection.clientId = clientId;
  const refusal = refusalOf(state, packet, clientId);
  if (refusal !== undefined) return void refuse(state, connection, refusal.code, refusal.why, now);

  leaveOldConnection(state, clientId, now);
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
    ...(packet.protocolVersion === 5 && { properties: connackProperties(state, packet, session) }),
  });
  watchSilence(state, connection, now);
  session.outbound.resume(connection, now);
}

/** Refuses a CONNECT and closes [MQTT-3.2.2-7]; MQTT 3.1.1 closes without a word where it has no return code. */
function refuse(
  state: State,
  connection: Connection,
  reasonCode: ReasonCode,
  reasonString: string,
  now: number,
): void {
  if (connection.version === 5) {
    connection.send({ type: 'connack', sessionPresent: false, reasonCode, properties: { reasonString } });
  } else {
    const returnCode = RETURN_CODES.get(reasonCode);
    if (returnCode !== undefined) {
      connection.send({ type: 'connack', sessionPresent: false, reasonCode: returnCode });
    }
  }
  connection.close();
  connectionEnded(state, connection, 'discard will', now);
}

/** The return codes of MQTT 3.1.1, table 3.1, that say the same. */
const RETURN_CODES = new Map<ReasonCode, ReasonCode>([
  [0x84, 1],
  [0x85, 2],
  [0x88, 3],
  [0x89, 3],
  [0x97, 3],
  [0x86, 4],
  [0x87, 5],
  [0x8a, 5],
]);

function refusalOf(
  state: State,
  packet: ConnectPacket,
  clientId: string,
): { code: ReasonCode; why: string } | undefined {
  const { version, capabilities, limits, authenticate } = state.settings;
  if (version !== undefined && version !== packet.protocolVersion) {
    return { code: 0x84, why: `The broker speaks MQTT ${version === 5 ? '5.0' : '3.1.1'} only.` };
  }
  if (packet.properties?.authenticationMethod !== undefined) {
    return { code: 0x8c, why: 'The broker has no enhanced authentication.' };
  }
  if (packet.clientId === '' && packet.protocolVersion === 4 && !packet.cleanStart) {
    return { code: 0x85, why: 'MQTT 3.1.1 keeps no session without a client identifier.' };
  }
  if (authenticate !== undefined) {
    const code = authenticateWith(authenticate, packet, clientId);
    if (code !== 0) return { code, why: 'The client was not let in.' };
  }
  if ((packet.will?.qos ?? 0) > capabilities.maximumQoS) {
    return { code: 0x9b, why: `The broker takes QoS ${capabilities.maximumQoS} at most, of a will too.` };
  }
  if (packet.will?.retain === true && !capabilities.retain) {
    return { code: 0x9a, why: 'The broker does not retain messages, not a will either.' };
  }
  if (!state.sessions.has(clientId) && state.sessions.size >= limits.sessions) {
    return { code: 0x97, why: `The broker keeps ${limits.sessions} sessions at most.` };
  }
  return undefined;
}

function authenticateWith(
  authenticate: NonNullable<State['settings']['authenticate']>,
  packet: ConnectPacket,
  clientId: string,
): ReasonCode {
  const { username, password, protocolVersion } = packet;
  try {
    const code = authenticate({ clientId, username, password, protocolVersion });
    return isReasonCodeOf('connack', code) ? code : 0x80;
  } catch {
    // Documented: a hook that fails lets nobody in, and the client hears of it. 0x80 is "unspecified error".
    return 0x80;
  }
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

/** A second connection with the same identifier ends the first one [MQTT-3.1.4-3]. */
function leaveOldConnection(state: State, clientId: string, now: number): void {
  const old = state.sessions.get(clientId)?.connection;
  if (old === undefined) return;
  disconnect(state, old, 0x8e, 'Another connection took over the session.', now);
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
  const seconds = keepAliveOf(state, packet);
  connection.patience = seconds * 1500;
}

/** MQTT 3.1.1 has no interval: a session that is not clean stays. */
function requestedExpiry(packet: ConnectPacket): number {
  if (packet.protocolVersion === 4) return packet.cleanStart ? 0 : NEVER_EXPIRES;
  return packet.properties?.sessionExpiryInterval ?? 0;
}

function keepAliveOf(state: State, packet: ConnectPacket): number {
  if (packet.protocolVersion === 4) return packet.keepAlive;
  return state.settings.capabilities.serverKeepAlive ?? packet.keepAlive;
}

/** What differs from what a client assumes without a word. MQTT 5.0, 3.2.2.3. */
function connackProperties(state: State, packet: ConnectPacket, session: Session): ConnackProperties {
  const { capabilities } = state.settings;
  const properties: ConnackProperties = { maximumPacketSize: capabilities.maximumPacketSize };
  if (capabilities.receiveMaximum < 65_535) properties.receiveMaximum = capabilities.receiveMaximum;
  if (session.expiryInterval !== (packet.properties?.sessionExpiryInterval ?? 0)) {
    properties.sessionExpiryInterval = session.expiryInterval;
  }
  if (capabilities.maximumQoS < 2) properties.maximumQoS = capabilities.maximumQoS === 0 ? 0 : 1;
  if (!capabilities.retain) properties.retainAvailable = false;
  if (packet.clientId === '') properties.assignedClientIdentifier = session.clientId;
  if (capabilities.topicAliasMaximum > 0) properties.topicAliasMaximum = capabilities.topicAliasMaximum;
  if (!capabilities.wildcards) properties.wildcardSubscriptionAvailable = false;
  if (!capabilities.subscriptionIdentifiers) properties.subscriptionIdentifiersAvailable = false;
  if (!capabilities.sharedSubscriptions) properties.sharedSubscriptionAvailable = false;
  if (capabilities.serverKeepAlive !== undefined) properties.serverKeepAlive = capabilities.serverKeepAlive;
  return properties;
}

/** Closes the connection after 1.5 keep-alive periods of silence [MQTT-3.1.2-22]; looks again only when it might be due. */
function watchSilence(state: State, connection: Connection, now: number): void {
  state.deadlines.clear(connection.deadline);
  connection.deadline = undefined;
  if (connection.patience === 0 || connection.phase !== 'open') return;
  const until = connection.lastReceivedAt + connection.patience;
  if (until <= now)
    return void disconnect(state, connection, 0x8d, 'Nothing came for 1.5 keep-alive periods.', now);
  connection.deadline = state.deadlines.set(until, (due) => watchSilence(state, connection, due));
}
