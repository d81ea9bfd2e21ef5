// Brokers to play random steps on: most of them with everything on, each with a limit or two that is soon reached.
import fc from 'fast-check';
import type { AuthenticationMethod, BrokerPolicy } from '../../../src/broker/index.js';
import { seldom, version } from './random-steps.js';

/** Mostly the default. */
const option = <T>(...values: T[]) => seldom(6, fc.constantFrom(...values));

/** A record of what was drawn, without what was left at its default. */
function given<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record(fields).map((drawn) => {
    const entries = Object.entries(drawn).filter(([, value]) => value !== undefined);
    // Only keys of T are left, each with a value.
    return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
  });
}

/** Lets a client in by as many bytes as it sends, asks again where their number is odd, and fails now and then. */
const odd: AuthenticationMethod = () => (data) => {
  const { length } = data ?? new Uint8Array(0);
  if (length === 9) throw new Error('The method is out of order.');
  return { reasonCode: [0, 0x18, 0, 0x18, 0x86, 0x18, 0x87, 0x18, 0][length] ?? 0, authenticationData: data };
};

const authorize: BrokerPolicy['authorize'] = (request) => {
  const text = request.action === 'subscribe' ? request.filter : request.topic;
  if (text === '$x') throw new Error('The hook is out of order.');
  return text.endsWith('c') ? 0x87 : 0;
};

/** What is off ends most connections: mostly all is on. */
export const policy: fc.Arbitrary<BrokerPolicy> = fc.record({
  overlap: fc.constantFrom('once' as const, 'per-subscription' as const),
  version: seldom(10, version),
  authenticationMethods: fc.constantFrom({ odd }, {}),
  authorize: option(authorize),
  capabilities: given({
    maximumQoS: option(0 as const, 1 as const),
    retain: option(false),
    wildcards: option(false),
    subscriptionIdentifiers: option(false),
    sharedSubscriptions: option(false),
    receiveMaximum: option(1, 3),
    topicAliasMaximum: fc.constantFrom(0, 3),
    outboundTopicAliasMaximum: fc.constantFrom(0, 1, 65_535),
    responseInformation: option('answers'),
    maximumPacketSize: option(150),
    sessionExpiryMaximum: option(0, 10),
    serverKeepAlive: option(0, 5),
  }),
  limits: given({
    connections: option(2, 4),
    sessions: option(2, 3),
    subscriptionsPerSession: option(0, 2),
    subscriptionBytesPerSession: option(150, 500),
    queuedMessages: option(0, 2),
    queuedBytes: option(0, 10, 1000),
    retainedMessages: option(0, 1),
    retainedBytes: option(10, 1000),
  }),
});
