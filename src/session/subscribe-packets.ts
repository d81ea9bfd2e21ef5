import { packetSize } from '../packets/encode-packet.js';
import type { SubscribePacket, SubscriptionRequest } from '../packets/packet.js';
import type { ServerLimits } from './server-limits.js';
import type { StoredSubscription } from './session-store.js';

/** Bytes of one SUBSCRIBE, also where the server would take more. */
const mostBytes = 65_536;

/**
 * As few packets as these subscriptions fit into: one carries a single identifier and one set of user properties, and is no bigger than the
 * server takes. A filter that does not fit at all has a packet of its own.
 */
export function* subscribePackets(
  subscriptions: readonly StoredSubscription[],
  limits: ServerLimits,
  protocolVersion: 4 | 5,
): Iterable<SubscribePacket> {
  const bound = Math.min(limits.maximumPacketSize, mostBytes);
  for (const group of groups(subscriptions)) {
    const empty = packetOf(group[0]!, []); // a group has at least one
    const head = packetSize(packetOf(group[0]!, [shortest]), protocolVersion) + 3; // the length field may grow to four bytes
    let batch: SubscriptionRequest[] = [];
    let size = head;
    for (const { request } of group) {
      const own = Buffer.byteLength(request.filter) + 3;
      // A filter that this server cannot take must not take others with it.
      const isAlone = !fits(request, limits);
      if (batch.length > 0 && (size + own > bound || isAlone)) {
        yield { ...empty, subscriptions: batch };
        batch = [];
        size = head;
      }
      if (isAlone) {
        yield { ...empty, subscriptions: [request] };
        continue;
      }
      batch.push(request);
      size += own;
    }
    if (batch.length > 0) yield { ...empty, subscriptions: batch };
  }
}

const shortest: SubscriptionRequest = {
  filter: 'a',
  maximumQoS: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 'send',
};

function fits({ filter }: SubscriptionRequest, limits: ServerLimits): boolean {
  return (limits.shared || !filter.startsWith('$share/')) && (limits.wildcards || !/[+#]/.test(filter));
}

function packetOf(
  { identifier, userProperties }: StoredSubscription,
  subscriptions: readonly SubscriptionRequest[],
): SubscribePacket {
  const packet: SubscribePacket = { type: 'subscribe', packetId: 1, subscriptions }; // until the session gives it its own
  if (identifier === undefined && userProperties === undefined) return packet;
  return {
    ...packet,
    properties: {
      ...(identifier !== undefined && { subscriptionIdentifier: identifier }),
      ...(userProperties && { userProperties }),
    },
  };
}

function groups(subscriptions: readonly StoredSubscription[]): Iterable<StoredSubscription[]> {
  const found = new Map<string, StoredSubscription[]>();
  for (const each of subscriptions) {
    const key = JSON.stringify([each.identifier, each.userProperties]);
    const group = found.get(key);
    if (group) group.push(each);
    else found.set(key, [each]);
  }
  return found.values();
}
