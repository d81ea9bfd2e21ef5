import type { SubscribePacket, SubscriptionRequest, UnsubscribePacket } from '../../packets/packet.js';
import { parseSharedFilter, TopicTrie, validateTopicFilter } from '../../topics/index.js';
import { quote } from '../../topics/topic-error.js';
import { subscribeRefusal } from './authorize.js';
import type { Connection } from './connection.js';
import type { Refusal } from './hook.js';
import { disconnect } from './leave.js';
import { reasonString } from './reason-string.js';
import { giveRetained, handOver } from './route.js';
import type { Session, Subscription } from './session.js';
import type { SharedGroup } from './shared-group.js';
import type { State } from './state.js';
import { filterSize } from './subscriptions.js';

const NO_SUBSCRIPTION_EXISTED = 0x11;

/** SUBSCRIBE: a code per entry [MQTT-3.8.4-6], then what was retained: once for a filter, however often it is there. MQTT 5.0, 3.8. */
export function subscribe(
  state: State,
  connection: Connection,
  session: Session,
  packet: SubscribePacket,
  now: number,
): void {
  const identifier = packet.properties?.subscriptionIdentifier;
  const violation = violationOf(state, connection, packet);
  if (violation !== undefined) return void disconnect(state, connection, violation.code, violation.why, now);

  let firstRefusal: Refusal | undefined;
  const wanting = new Set<string>();
  const reasonCodes = packet.subscriptions.map((request) => {
    const refusal = refusalOf(state, connection, session, request);
    if (refusal !== undefined) {
      firstRefusal ??= refusal;
      return connection.version === 5 ? refusal.code : 0x80;
    }
    const isNew = !session.subscriptions.has(request.filter);
    const { maximumQoS } = state.settings.capabilities;
    const grantedQoS = request.maximumQoS < maximumQoS ? request.maximumQoS : maximumQoS;
    state.subscriptions.put(session, { filter: request.filter, grantedQoS, options: request, identifier });
    if (wantsRetained(request, isNew)) wanting.add(request.filter);
    return grantedQoS;
  });
  const properties = connection.version === 5 &&
    firstRefusal && { reasonString: reasonString(firstRefusal.why) };
  connection.answer({
    type: 'suback',
    packetId: packet.packetId,
    reasonCodes,
    ...(properties && { properties }),
  });
  // A SUBACK that does not fit ends the connection: then nobody reads what follows.
  if (connection.ending === undefined) sendRetained(state, session, wanting, now);
}

/** UNSUBSCRIBE: filters are compared character by character [MQTT-3.10.4-1]. */
export function unsubscribe(
  state: State,
  connection: Connection,
  session: Session,
  packet: UnsubscribePacket,
  now: number,
): void {
  const left = new Set<SharedGroup>();
  const found = packet.filters.map((filter) => {
    const group = session.subscriptions.get(filter)?.group;
    const isFound = state.subscriptions.remove(session, filter);
    if (group !== undefined && !group.isEmpty) left.add(group);
    return isFound;
  });
  const reasonCodes = connection.version === 5 ? found.map((was) => (was ? 0 : NO_SUBSCRIPTION_EXISTED)) : [];
  connection.answer({ type: 'unsuback', packetId: packet.packetId, reasonCodes });
  // What was sent is completed with this client all the same [MQTT-3.10.4-3].
  handOver(session, left, 'unsent', now);
}

/** What a client on MQTT 5 must not ask for after CONNACK said that it is not there. MQTT 5.0, 3.2.2.3.11 to .13. */
function violationOf(state: State, connection: Connection, packet: SubscribePacket): Refusal | undefined {
  if (connection.version === 4) return undefined;
  const { capabilities } = state.settings;
  if (packet.properties?.subscriptionIdentifier !== undefined && !capabilities.subscriptionIdentifiers) {
    return { code: 0xa1, why: 'The broker has no subscription identifiers.' };
  }
  for (const { filter } of packet.subscriptions) {
    const isShared = filter.startsWith('$share/');
    if (isShared && !capabilities.sharedSubscriptions) return noShared(filter);
    if (hasWildcard(filter) && !capabilities.wildcards) return noWildcard(filter);
  }
  return undefined;
}

/** Why this one filter is refused in SUBACK; undefined if it is not. */
function refusalOf(
  state: State,
  connection: Connection,
  session: Session,
  request: SubscriptionRequest,
): Refusal | undefined {
  const { capabilities, limits } = state.settings;
  const { filter } = request;
  const wrong = validateTopicFilter(filter);
  if (wrong !== undefined) return { code: 0x8f, why: wrong };
  if (!capabilities.sharedSubscriptions && filter.startsWith('$share/')) return noShared(filter);
  if (!capabilities.wildcards && hasWildcard(filter)) return noWildcard(filter);
  if (!session.subscriptions.has(filter)) {
    const { subscriptionsPerSession, subscriptionBytesPerSession } = limits;
    if (session.subscriptions.size >= subscriptionsPerSession)
      return { code: 0x97, why: `A session has ${subscriptionsPerSession} subscriptions at most.` };
    if (session.subscriptionBytes + filterSize(filter) > subscriptionBytesPerSession)
      return { code: 0x97, why: `A session has ${subscriptionBytesPerSession} bytes of filters at most.` };
  }
  return subscribeRefusal(state, connection, request);
}

function noShared(filter: string): Refusal {
  return { code: 0x9e, why: `The broker has no shared subscriptions: ${quote(filter)}.` };
}

function noWildcard(filter: string): Refusal {
  return { code: 0xa2, why: `The broker has no wildcard subscriptions: ${quote(filter)}.` };
}

function hasWildcard(filter: string): boolean {
  const inner = parseSharedFilter(filter)?.filter ?? filter;
  return inner.includes('+') || inner.includes('#');
}

/** By the retain handling of the subscription [MQTT-3.3.1-9 to -11]. */
function wantsRetained({ retainHandling }: SubscriptionRequest, isNew: boolean): boolean {
  return retainHandling === 'send' || (retainHandling === 'send-if-new' && isNew);
}

/**
 * Retained messages for the session's subscriptions of these filters; a shared one gets none. All filters with wildcards go through what is
 * retained together: a walk for each would let one packet with thousands of them keep everybody waiting.
 */
function sendRetained(state: State, session: Session, filters: ReadonlySet<string>, now: number): void {
  const withWildcards = new TopicTrie<Subscription>({ cachedTopics: 0 });
  for (const filter of filters) {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined || subscription.group !== undefined) continue;
    if (hasWildcard(filter)) {
      withWildcards.add(filter, subscription);
      continue;
    }
    const message = state.retained.get(filter, now);
    if (message !== undefined) giveRetained(subscription, message, now);
  }
  if (withWildcards.size === 0) return;
  for (const message of state.retained.all(now)) {
    for (const subscription of withWildcards.match(message.topic)) {
      // What this session can't take for one of its subscriptions is not tried for the next.
      if (!giveRetained(subscription, message, now)) break;
    }
  }
}
