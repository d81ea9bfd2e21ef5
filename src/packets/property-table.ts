// Every property of MQTT 5.0, 2.2.2.2, once: its number, our name for it, its type and where it may stand.
import type { PacketType } from './packet.js';

/** A set of properties: that of a packet, or that of the will inside CONNECT. */
export type PropertyOwner = Exclude<PacketType, 'pingreq' | 'pingresp'> | 'will';

export type PropertyKind =
  | 'boolean'
  | 'payload-format'
  | 'qos'
  | 'uint16'
  | 'uint32'
  | 'string'
  | 'topic'
  | 'binary'
  | 'identifier'
  | 'identifiers'
  | 'pairs';

export interface PropertyRule {
  readonly id: number;
  readonly name: string;
  /** The name in `mqtt-packet`, where it differs. */
  readonly foreignName?: string;
  readonly kind: PropertyKind;
  readonly owners: readonly PropertyOwner[];
  /** Zero is a protocol error; the number is the reason code that says so. */
  readonly zeroIs?: number;
}

const messages = ['publish', 'will'] as const;
const negotiated = ['connect', 'connack'] as const;
const acks = ['puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback'] as const;

export const propertyTable: readonly PropertyRule[] = [
  {
    id: 1,
    name: 'payloadFormat',
    foreignName: 'payloadFormatIndicator',
    kind: 'payload-format',
    owners: messages,
  },
  { id: 2, name: 'messageExpiryInterval', kind: 'uint32', owners: messages },
  { id: 3, name: 'contentType', kind: 'string', owners: messages },
  { id: 8, name: 'responseTopic', kind: 'topic', owners: messages },
  { id: 9, name: 'correlationData', kind: 'binary', owners: messages },
  { id: 11, name: 'subscriptionIdentifier', kind: 'identifier', owners: ['subscribe'], zeroIs: 0x82 },
  {
    id: 11,
    name: 'subscriptionIdentifiers',
    foreignName: 'subscriptionIdentifier',
    kind: 'identifiers',
    owners: ['publish'],
    zeroIs: 0x82,
  },
  { id: 17, name: 'sessionExpiryInterval', kind: 'uint32', owners: [...negotiated, 'disconnect'] },
  { id: 18, name: 'assignedClientIdentifier', kind: 'string', owners: ['connack'] },
  { id: 19, name: 'serverKeepAlive', kind: 'uint16', owners: ['connack'] },
  { id: 21, name: 'authenticationMethod', kind: 'string', owners: [...negotiated, 'auth'] },
  { id: 22, name: 'authenticationData', kind: 'binary', owners: [...negotiated, 'auth'] },
  { id: 23, name: 'requestProblemInformation', kind: 'boolean', owners: ['connect'] },
  { id: 24, name: 'willDelayInterval', kind: 'uint32', owners: ['will'] },
  { id: 25, name: 'requestResponseInformation', kind: 'boolean', owners: ['connect'] },
  { id: 26, name: 'responseInformation', kind: 'string', owners: ['connack'] },
  { id: 28, name: 'serverReference', kind: 'string', owners: ['connack', 'disconnect'] },
  { id: 31, name: 'reasonString', kind: 'string', owners: ['connack', ...acks, 'disconnect', 'auth'] },
  { id: 33, name: 'receiveMaximum', kind: 'uint16', owners: negotiated, zeroIs: 0x82 },
  { id: 34, name: 'topicAliasMaximum', kind: 'uint16', owners: negotiated },
  { id: 35, name: 'topicAlias', kind: 'uint16', owners: ['publish'], zeroIs: 0x94 },
  { id: 36, name: 'maximumQoS', kind: 'qos', owners: ['connack'] },
  { id: 37, name: 'retainAvailable', kind: 'boolean', owners: ['connack'] },
  {
    id: 38,
    name: 'userProperties',
    kind: 'pairs',
    owners: [...negotiated, ...messages, ...acks, 'subscribe', 'unsubscribe', 'disconnect', 'auth'],
  },
  { id: 39, name: 'maximumPacketSize', kind: 'uint32', owners: negotiated, zeroIs: 0x82 },
  { id: 40, name: 'wildcardSubscriptionAvailable', kind: 'boolean', owners: ['connack'] },
  { id: 41, name: 'subscriptionIdentifiersAvailable', kind: 'boolean', owners: ['connack'] },
  { id: 42, name: 'sharedSubscriptionAvailable', kind: 'boolean', owners: ['connack'] },
];

/** For each owner its rules by number (undefined: not allowed there) and by name. */
export interface OwnedRules {
  readonly owner: PropertyOwner;
  readonly byId: readonly (PropertyRule | undefined)[];
  readonly byName: ReadonlyMap<string, LabelledRule>;
}

/** A rule with the words that sentences need, as in 'PUBLISH topicAlias'. */
export interface LabelledRule extends PropertyRule {
  readonly label: string;
}

function rulesOf(owner: PropertyOwner): OwnedRules {
  const rules = propertyTable
    .filter((rule) => rule.owners.includes(owner))
    .map((rule) => ({ ...rule, label: `${owner.toUpperCase()} ${rule.name}` }));
  const byId: (PropertyRule | undefined)[] = new Array(43).fill(undefined);
  for (const rule of rules) byId[rule.id] = rule;
  return { owner, byId, byName: new Map(rules.map((rule) => [rule.name, rule])) };
}

export const ownedRules: Readonly<Record<PropertyOwner, OwnedRules>> = {
  connect: rulesOf('connect'),
  will: rulesOf('will'),
  connack: rulesOf('connack'),
  publish: rulesOf('publish'),
  puback: rulesOf('puback'),
  pubrec: rulesOf('pubrec'),
  pubrel: rulesOf('pubrel'),
  pubcomp: rulesOf('pubcomp'),
  subscribe: rulesOf('subscribe'),
  suback: rulesOf('suback'),
  unsubscribe: rulesOf('unsubscribe'),
  unsuback: rulesOf('unsuback'),
  disconnect: rulesOf('disconnect'),
  auth: rulesOf('auth'),
};
