import type { QoS } from '../../packets/packet.js';
import type { Copy } from './copy.js';
import type { Message } from './message.js';
import type { Session, Subscription } from './session.js';
import { SharedGroup } from './shared-group.js';
import type { State } from './state.js';

/** What happens to every application message, whoever sent it. */
export function retainAndRoute(state: State, message: Message, now: number): 'routed' | 'nobody' | 'no room' {
  if (message.retain && !state.retained.put(message, now)) return 'no room';
  state.onMessage?.(message);
  return route(state, message, now) ? 'routed' : 'nobody';
}

/** Puts a copy of the message into every session that subscribed to it [MQTT-4.5.0-1]. False if there is none. */
function route(state: State, message: Message, now: number): boolean {
  const matched = state.subscriptions.match(message.topic);
  const only = matched[0];
  if (matched.length === 1 && only !== undefined && !(only instanceof SharedGroup)) {
    return !isEcho(only, message) && give(only, message, now);
  }
  let reached = false;
  const overlapping = new Map<Session, Subscription[]>();
  for (const found of matched) {
    if (found instanceof SharedGroup) {
      reached = routeShared(found, message, now) || reached;
    } else if (!isEcho(found, message)) {
      const others = overlapping.get(found.session);
      if (others === undefined) overlapping.set(found.session, [found]);
      else others.push(found);
    }
  }
  for (const [session, subscriptions] of overlapping) {
    reached = true;
    const each = state.settings.overlap === 'per-subscription' && session.version === 5;
    if (each) for (const subscription of subscriptions) give(subscription, message, now);
    else giveOnce(session, subscriptions, message, now);
  }
  return reached;
}

/** Gives what the session got through these shared groups, and did not finish, to other members. */
export function handOver(
  session: Session,
  groups: ReadonlySet<SharedGroup>,
  which: 'unsent' | 'unacknowledged',
  now: number,
): void {
  if (groups.size === 0) return;
  for (const { group, message } of session.outbound.handOver(groups, which, now)) {
    if (group !== undefined) routeShared(group, message, now);
  }
}

/** Gives the message to the member of the group whose turn it is. */
export function routeShared(group: SharedGroup, message: Message, now: number): boolean {
  const member = group.next();
  return member !== undefined && give(member, message, now);
}

/** A message that a new subscription gets because it was retained: always with RETAIN set. MQTT 5.0, 3.3.1.3. False if it is lost. */
export function giveRetained(subscription: Subscription, message: Message, now: number): boolean {
  return offer(
    subscription.session,
    message,
    subscription.grantedQoS,
    true,
    identifiers([subscription]),
    undefined,
    now,
  );
}

function give(subscription: Subscription, message: Message, now: number): true {
  const { session, grantedQoS, options, group } = subscription;
  const retain = message.retain && options.retainAsPublished;
  offer(session, message, grantedQoS, retain, identifiers([subscription]), group, now);
  return true;
}

/** One copy for several subscriptions: the highest QoS [MQTT-3.3.4-2] and all their identifiers [MQTT-3.3.4-4]. */
function giveOnce(session: Session, subscriptions: Subscription[], message: Message, now: number): void {
  let grantedQoS: QoS = 0;
  let retain = false;
  for (const subscription of subscriptions) {
    if (subscription.grantedQoS > grantedQoS) grantedQoS = subscription.grantedQoS;
    retain ||= message.retain && subscription.options.retainAsPublished;
  }
  offer(session, message, grantedQoS, retain, identifiers(subscriptions), undefined, now);
}

/** False if the copy is lost: no room for it, too large, nobody there. */
function offer(
  session: Session,
  message: Message,
  grantedQoS: QoS,
  retain: boolean,
  subscriptionIdentifiers: readonly number[] | undefined,
  group: SharedGroup | undefined,
  now: number,
): boolean {
  const copy: Copy = {
    message,
    clientId: session.clientId,
    qos: message.qos < grantedQoS ? message.qos : grantedQoS,
    retain,
    subscriptionIdentifiers,
    group,
    packetId: 0,
    phase: 'waiting',
    onThisConnection: false,
  };
  message.trace?.copied(copy);
  return session.outbound.offer(copy, session.connection, now);
}

/** A client's own message, which No Local keeps away from it [MQTT-3.8.3-3]. */
function isEcho(subscription: Subscription, message: Message): boolean {
  return subscription.options.noLocal && subscription.session.clientId === message.publisher;
}

function identifiers(subscriptions: readonly Subscription[]): readonly number[] | undefined {
  if (subscriptions.length === 1) {
    const identifier = subscriptions[0]?.identifier;
    return identifier === undefined ? undefined : [identifier];
  }
  const known = subscriptions.flatMap(({ identifier }) => (identifier === undefined ? [] : [identifier]));
  return known.length === 0 ? undefined : known;
}
