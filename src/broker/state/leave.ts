import type { ReasonCode } from '../../packets/reason-codes.js';
import type { Connection } from './connection.js';
import { reasonString } from './reason-string.js';
import { routeShared } from './route.js';
import { NEVER_EXPIRES, type Session } from './session.js';
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
  connection.close();
  connectionEnded(state, connection, 'keep will', now);
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
  session.outbound.suspend();
  if (will === 'discard will') forgetWill(state, session);
  else scheduleWill(state, session, now);
  if (session.expiryInterval === 0) return void endSession(state, session, now);
  if (session.expiryInterval === NEVER_EXPIRES) return;
  const expiry = now + session.expiryInterval * 1000;
  session.expiryDeadline = state.deadlines.set(expiry, (due) => endSession(state, session, due));
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
