// How a broker behaves, as one table: the same rows run against FakeBroker and against real brokers. Where a real broker
// differs from the specification, the row says so, and its run there must fail.
import type { Behaviour } from './behaviour.js';
import { connecting } from './connect.js';
import { disconnecting } from './disconnect.js';
import { expiry } from './expiry.js';
import { illegalFilters } from './filters.js';
import { flowControl } from './flow-control.js';
import { handshakeViolations } from './handshake-violations.js';
import { identifiers } from './identifiers.js';
import { malformed } from './malformed.js';
import { matching } from './matching.js';
import { overlapping } from './overlapping.js';
import { packetSize } from './packet-size.js';
import { properties } from './properties.js';
import { publishing } from './publish.js';
import { qos2 } from './qos-2.js';
import { resending } from './resending.js';
import { retained } from './retained.js';
import { sessions } from './sessions.js';
import { shared } from './shared.js';
import { subscribing } from './subscribe.js';
import { takeOver } from './take-over.js';
import { topicAliases } from './topic-aliases.js';
import { unsubscribing } from './unsubscribe.js';
import { wills } from './wills.js';

export const behaviours: readonly Behaviour[] = [
  ...connecting,
  ...handshakeViolations,
  ...takeOver,
  ...sessions,
  ...resending,
  ...subscribing,
  ...illegalFilters,
  ...unsubscribing,
  ...matching,
  ...publishing,
  ...properties,
  ...qos2,
  ...retained,
  ...wills,
  ...shared,
  ...overlapping,
  ...identifiers,
  ...topicAliases,
  ...expiry,
  ...packetSize,
  ...flowControl,
  ...malformed,
  ...disconnecting,
];
