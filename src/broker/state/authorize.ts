import type { QoS, SubscriptionRequest, WillPacket } from '../../packets/packet.js';
import type { Connection } from './connection.js';
import { askHook, type Refusal } from './hook.js';
import type { State } from './state.js';

const RESERVED: Refusal = {
  code: 0x87,
  why: 'Topics under $SYS/ and $share/ are not for clients to publish to.',
};

/** Why the client may not publish this; undefined if it may. The code is one of PUBACK and PUBREC. */
export function publishRefusal(
  state: State,
  connection: Connection,
  topic: string,
  qos: QoS,
  retain: boolean,
): Refusal | undefined {
  if (isReserved(topic)) return RESERVED;
  const hook = state.settings.authorize;
  if (hook === undefined) return undefined;
  const { clientId, username } = connection;
  return askHook('authorize', hook, { action: 'publish', clientId, username, topic, qos, retain }, 'puback');
}

/** Why the client may not leave this will, with a code of CONNACK. */
export function willRefusal(state: State, connection: Connection, will: WillPacket): Refusal | undefined {
  const { topic, qos, retain } = will;
  if (isReserved(topic)) return RESERVED;
  const hook = state.settings.authorize;
  if (hook === undefined) return undefined;
  const { clientId, username } = connection;
  return askHook('authorize', hook, { action: 'will', clientId, username, topic, qos, retain }, 'connack');
}

/** Why the client may not have this subscription, with a code of SUBACK. */
export function subscribeRefusal(
  state: State,
  connection: Connection,
  { filter, maximumQoS }: SubscriptionRequest,
): Refusal | undefined {
  const hook = state.settings.authorize;
  if (hook === undefined) return undefined;
  const { clientId, username } = connection;
  return askHook(
    'authorize',
    hook,
    { action: 'subscribe', clientId, username, filter, maximumQoS },
    'suback',
  );
}

/**
 * What is the broker's own, MQTT 5.0, 4.7.2: its statistics, and the filters of shared subscriptions. Other topics with a $ are left to clients, though
 * 4.7.2 would rather keep them apart: services such as AWS IoT have their clients publish to them.
 */
function isReserved(topic: string): boolean {
  return topic.startsWith('$SYS/') || topic === '$SYS' || topic.startsWith('$share/');
}
