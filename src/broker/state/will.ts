import type { WillPacket } from '../../packets/packet.js';
import type { Message } from './message.js';
import { retainAndRoute } from './route.js';
import type { Session } from './session.js';
import type { State } from './state.js';

/** The message that a client leaves for the case that it goes without saying so. MQTT 5.0, 3.1.2.5. */
export type Will = WillPacket;

/** The connection ended without a normal DISCONNECT: the will goes out now or after its delay [MQTT-3.1.2-8]. */
export function scheduleWill(state: State, session: Session, now: number): void {
  if (session.will === undefined) return;
  const delay = willDelayOf(session);
  if (delay === 0) return void publishWill(state, session, now);
  session.willDeadline = state.deadlines.set(now + delay * 1000, (due) => publishWill(state, session, due));
}

/** Seconds; 0 without a will. */
export function willDelayOf({ will }: Session): number {
  return will?.properties?.willDelayInterval ?? 0;
}

/** Publishes the will, if there still is one, and forgets it [MQTT-3.1.2-10]. */
export function publishWill(state: State, session: Session, now: number): void {
  const { will } = session;
  forgetWill(state, session);
  if (will === undefined) return;
  const { willDelayInterval: _, ...properties } = will.properties ?? {};
  const message: Message = {
    topic: will.topic,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain,
    properties: Object.keys(properties).length === 0 ? undefined : properties,
    publisher: session.clientId,
    receivedAt: now,
    trace: undefined,
  };
  // Its client can't be told that there is no room to retain it; whoever waits for it learns of the end all the same.
  if (retainAndRoute(state, message, now) === 'no room') {
    retainAndRoute(state, { ...message, retain: false }, now);
  }
}

/** A normal DISCONNECT [MQTT-3.14.4-3], or a new connection within the delay [MQTT-3.1.3-9]. */
export function forgetWill(state: State, session: Session): void {
  session.will = undefined;
  state.deadlines.clear(session.willDeadline);
  session.willDeadline = undefined;
}
