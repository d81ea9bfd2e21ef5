import type { DisconnectPacket } from '../../packets/packet.js';
import { type ReasonCode, reasonCodeName } from '../../packets/reason-codes.js';
import { quote } from '../../topics/topic-error.js';
import type { Connection } from './connection.js';
import { reasonString } from './reason-string.js';
import { handOver, routeShared } from './route.js';
import { NEVER_EXPIRES, type Session } from './session.js';
import type { SharedGroup } from './shared-group.js';
import type { State } from './state.js';
import { forgetWill, publishWill, scheduleWill } from './will.js';

/** Ends a connection from our side: with a DISCONNECT that says why where there is one, MQTT 5 after CONNACK only. */
export function disconnect(
  state: State,
  connection: Connection,
  reasonCode: ReasonCode,
  why: string,
  now: number,
): void {
  if (connection.phase === 'closed') return;
  if (connection.phase === 'open' && connection.version === 5) {
    connection.send({ type: 'disconnect', reasonCode, properties: { reasonString: reasonString(why) } });
  }
  connection.close(why);
  connectionEnded(state, connection, 'keep will', now);
}

/** What a client said as it left, as a sentence. */
export function farewell({ reasonCode, properties }: DisconnectPacket): string {
  if (reasonCode === 0) return 'The client said goodbye.';
  const said = properties?.reasonString === undefined ? '' : `: ${quote(properties.reasonString)}`;
  return `The client left with ${reasonCodeName(reasonCode, 'disconnect')}${said}.`;
}

/** The connection is gone, whoever ended it: the session lives on by itself, or ends too. */
export function connectionEnded(
  state: State,
  connection: Connection,
  will: 'keep will' | 'discard will',
  now: number,
): void {
  if (connection.phase === 'closed') return;
  connection.phase = 'closed';
  state.deadlines.clear(connection.deadline);
  connection.aliases.clear();
  connection.outboundAliases = undefined;
  connection.unreleased.clear();
  connection.authentication = undefined;
  const { session } = connection;
  if (session === undefined) return;
  session.connection = undefined;
  handOver(session, reachableGroups(session), 'unacknowledged', now);
  session.outbound.suspend();
  if (will === 'discard will') forgetWill(state, session);
  else scheduleWill(state, session, now);
  if (session.expiryInterval === 0) return void endSession(state, session, now);
  if (session.expiryInterval === NEVER_EXPIRES) return;
  const expiry = now + session.expiryInterval * 1000;
  session.expiryDeadline = state.deadlines.set(expiry, (due) => endSession(state, session, due));
}

/** Its shared groups in which somebody else is connected. In the others its messages wait for it to come back. */
function reachableGroups(session: Session): Set<SharedGroup> {
  const groups = new Set<SharedGroup>();
  for (const { group } of session.subscriptions.values()) if (group?.hasConnectedMember) groups.add(group);
  return groups;
}

/** Forgets the session [MQTT-4.1.0-2]. Its will, if still due, goes out first; shared messages go to other members. */
export function endSession(state: State, session: Session, now: number): void {
  state.deadlines.clear(session.expiryDeadline);
  session.expiryDeadline = undefined;
  state.sessions.delete(session.clientId);
  state.subscriptions.removeAll(session);
  publishWill(state, session, now);
  for (const { group, message } of session.outbound.end(now)) {
    if (group !== undefined) routeShared(group, message, now);
  }
}
