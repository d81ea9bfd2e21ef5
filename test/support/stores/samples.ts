import type { StoredOutbound, StoredSubscription } from '../../../src/session/session-store.js';

/** A stored publish of which only what matters is said. */
export function outbound(packetId: number, fields: Partial<StoredOutbound> = {}): StoredOutbound {
  return {
    packetId,
    seq: packetId,
    phase: 'publish',
    topic: `t/${packetId}`,
    payload: Uint8Array.of(packetId & 0xff, 0, 255),
    qos: 2,
    retain: false,
    properties: {},
    ...fields,
  };
}

export function subscription(filter: string, identifier?: number): StoredSubscription {
  return {
    request: {
      filter,
      maximumQoS: 1,
      noLocal: true,
      retainAsPublished: false,
      retainHandling: 'send-if-new',
    },
    identifier,
    userProperties:
      identifier === undefined
        ? undefined
        : [
            ['a', '1'],
            ['a', '2'],
          ],
  };
}
