import { checkString, describe } from '../packets/outgoing-checks.js';
import type { ProtocolVersion, QoS } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { AuthenticationMethod, Credentials } from './authentication.js';
import type { AuthorizationRequest } from './authorization.js';

/** What the broker can do. Each is announced in CONNACK and enforced: what is off is refused, never ignored. */
export interface BrokerCapabilities {
  /** Highest QoS of a PUBLISH to the broker, and of what it grants. Default 2. MQTT 5.0, 3.2.2.3.4. */
  maximumQoS: QoS;
  /** Retained messages. Default true. MQTT 5.0, 3.2.2.3.5. */
  retain: boolean;
  /** `+` and `#` in filters. Default true. MQTT 5.0, 3.2.2.3.11. */
  wildcards: boolean;
  /** Subscription identifiers, MQTT 5 only. Default true. MQTT 5.0, 3.2.2.3.12. */
  subscriptionIdentifiers: boolean;
  /** `$share/<group>/<filter>`, on MQTT 3.1.1 too. Default true. MQTT 5.0, 3.2.2.3.13. */
  sharedSubscriptions: boolean;
  /** QoS 1 and 2 messages that a client may have unacknowledged, 1 to 65,535. Default 1,000. MQTT 5.0, 3.2.2.3.3. */
  receiveMaximum: number;
  /** Bytes of the largest packet that the broker takes. Default 1 MiB. MQTT 5.0, 3.2.2.3.6. */
  maximumPacketSize: number;
  /**
   * Topic aliases that a client may set, 0 to 65,535; each keeps a topic in memory while its connection lasts. Default 0: none.
   * MQTT 5.0, 3.2.2.3.8.
   */
  topicAliasMaximum: number;
  /**
   * Topic aliases that the broker sets itself on one connection, 0 to 65,535, and never more than the client's Topic Alias Maximum: the topics that
   * were sent last have them. Default 0: none, as most brokers do. MQTT 5.0, 3.1.2.11.5.
   */
  outboundTopicAliasMaximum: number;
  /** Seconds for which a session is kept at most; 0xFFFFFFFF, the default, is no limit. MQTT 5.0, 3.2.2.3.2. */
  sessionExpiryMaximum: number;
  /** Seconds that replace the client's keep-alive; undefined, the default, leaves the client its own. MQTT 5 only: 3.2.2.3.14. */
  serverKeepAlive: number | undefined;
  /**
   * Told in CONNACK to a client that asks for it [MQTT-3.1.2-28], which builds its response topics on it; undefined, the default, is none.
   * MQTT 5 only: 3.2.2.3.15.
   */
  responseInformation: string | undefined;
}

/** Numbers that bound the broker's memory, whatever its clients do. */
export interface BrokerLimits {
  /** Connections at one time. Default 10,000; one more is closed at once. */
  connections: number;
  /** Sessions, connected or not, each with a will no larger than a packet. Default 10,000; one more is refused with 0x97. */
  sessions: number;
  /** Subscriptions of one session. Default 100,000; one more is refused with 0x97. */
  subscriptionsPerSession: number;
  /**
   * Bytes of filter of one session's subscriptions, a character for one and 100 more for each level. Default 64 MiB; a filter that does not fit
   * is refused with 0x97.
   */
  subscriptionBytesPerSession: number;
  /** Messages that wait for one session. Default 10,000; one more is dropped for that session and counted. */
  queuedMessages: number;
  /**
   * Bytes of payload, topic and properties that wait for one session. Default 64 MiB; what does not fit is dropped and counted.
   * As many may be in flight to it besides: with more of them unacknowledged, the next message waits.
   */
  queuedBytes: number;
  /** Retained messages. Default 10,000; one more is refused with 0x97. */
  retainedMessages: number;
  /** Bytes of payload, topic and properties of all retained messages. Default 256 MiB; what does not fit is refused with 0x97. */
  retainedBytes: number;
  /** Milliseconds that a connection has for its CONNECT and the authentication that follows it. Default 30,000; then it is closed. */
  connectTimeout: number;
}

/** How the broker behaves. Its hooks answer at once: it waits for no promise. */
export interface BrokerPolicy {
  /**
   * The version spoken; undefined, the default, is both. Version 4 is MQTT 3.1.1.
   * A client of the other version is refused: return code 1 on MQTT 3.1.1, reason code 0x84 on MQTT 5.
   */
  version?: ProtocolVersion | undefined;
  /**
   * What a client gets whose subscriptions overlap: 'once', the default, is one copy at the highest QoS with all
   * subscription identifiers; 'per-subscription' is a copy each with its identifier, as mosquitto does on MQTT 5.
   * On MQTT 3.1.1 it is always 'once'. MQTT 5.0, 3.3.4.
   */
  overlap?: 'once' | 'per-subscription' | undefined;
  /** Each has a default of its own. */
  capabilities?: Partial<BrokerCapabilities> | undefined;
  /** Each has a default of its own. */
  limits?: Partial<BrokerLimits> | undefined;
  /**
   * Decides on each CONNECT: 0 lets the client in, any other code refuses it, such as 0x86 (bad user name or password)
   * or 0x87 (not authorized). Default: everyone is let in. If it throws or returns no code of CONNACK, the client is
   * refused with 0x80, and the reason string says why.
   */
  authenticate?: ((credentials: Credentials) => ReasonCode) | undefined;
  /**
   * Enhanced authentication by the name of its method. Who names a method in CONNECT is decided on by it alone; `authenticate` is
   * asked for all others. A method that is not here is refused with 0x8C. Default: none. One that throws, or answers with what no packet
   * can carry, refuses the client with 0x80; at re-authentication a code that DISCONNECT can't carry becomes 0x87. MQTT 5.0, 4.12.
   */
  authenticationMethods?: Readonly<Record<string, AuthenticationMethod>> | undefined;
  /**
   * Decides on the will of each CONNECT, on each PUBLISH and on each filter of a SUBSCRIBE: 0 allows it, any other code refuses it, such as 0x87
   * (not authorized). Default: everything is allowed. It is not asked for what nobody may: publish to `$SYS/…` or `$share/…`, refused with 0x87.
   *
   * A refused will is a refused CONNECT. A refused filter has the code in SUBACK, on MQTT 3.1.1 0x80. A refused PUBLISH has the code in PUBACK or
   * PUBREC; at QoS 0, and on MQTT 3.1.1, nothing can say no to a single message, so it goes nowhere and is acknowledged like any other, as
   * mosquitto does. (To end the connection is allowed too, but then a client sends the message again as soon as it is back.)
   * If it throws, or returns a code that the answer can't carry, the code is 0x80.
   */
  authorize?: ((request: AuthorizationRequest) => ReasonCode) | undefined;
}

export interface Settings {
  readonly version: ProtocolVersion | undefined;
  readonly overlap: 'once' | 'per-subscription';
  readonly capabilities: Readonly<BrokerCapabilities>;
  readonly limits: Readonly<BrokerLimits>;
  readonly authenticate: ((credentials: Credentials) => ReasonCode) | undefined;
  readonly authenticationMethods: ReadonlyMap<string, AuthenticationMethod>;
  readonly authorize: ((request: AuthorizationRequest) => ReasonCode) | undefined;
}

const DEFAULT_CAPABILITIES: BrokerCapabilities = {
  maximumQoS: 2,
  retain: true,
  wildcards: true,
  subscriptionIdentifiers: true,
  sharedSubscriptions: true,
  receiveMaximum: 1000,
  maximumPacketSize: 1_048_576,
  topicAliasMaximum: 0,
  outboundTopicAliasMaximum: 0,
  sessionExpiryMaximum: 0xffffffff,
  serverKeepAlive: undefined,
  responseInformation: undefined,
};

const DEFAULT_LIMITS: BrokerLimits = {
  connections: 10_000,
  sessions: 10_000,
  subscriptionsPerSession: 100_000,
  subscriptionBytesPerSession: 64 * 1_048_576,
  queuedMessages: 10_000,
  queuedBytes: 64 * 1_048_576,
  retainedMessages: 10_000,
  retainedBytes: 256 * 1_048_576,
  connectTimeout: 30_000,
};

const SWITCHES = ['retain', 'wildcards', 'subscriptionIdentifiers', 'sharedSubscriptions'] as const;

/** Complete, as the compiler sees: a name that is not here is refused. */
const POLICY: Readonly<Record<keyof BrokerPolicy, true>> = {
  version: true,
  overlap: true,
  capabilities: true,
  limits: true,
  authenticate: true,
  authenticationMethods: true,
  authorize: true,
};

/**
 * The policy with every default filled in. `others` are names of options that the caller sees to itself.
 * @throws TypeError that names an option which does not exist, RangeError that names one whose value can't be.
 */
export function resolveSettings(policy: BrokerPolicy, others: readonly string[] = []): Settings {
  onlyKnown('the broker', policy, [...Object.keys(POLICY), ...others]);
  oneOf('version', policy.version, [undefined, 4, 5]);
  oneOf('overlap', policy.overlap, [undefined, 'once', 'per-subscription']);
  const { authenticate, authorize } = policy;
  for (const [name, hook] of Object.entries({ authenticate, authorize }))
    if (hook !== undefined) isFunction(name, hook);
  return {
    version: policy.version,
    overlap: policy.overlap ?? 'once',
    capabilities: resolveCapabilities(policy.capabilities),
    limits: resolveLimits(policy.limits),
    authenticate,
    authenticationMethods: resolveMethods(policy.authenticationMethods),
    authorize,
  };
}

function resolveCapabilities(given: Partial<BrokerCapabilities> = {}): BrokerCapabilities {
  onlyKnown('capabilities', given, Object.keys(DEFAULT_CAPABILITIES));
  const capabilities = { ...DEFAULT_CAPABILITIES, ...defined(given) };
  for (const name of SWITCHES) oneOf(`capabilities.${name}`, capabilities[name], [true, false]);
  inRange('capabilities.maximumQoS', capabilities.maximumQoS, 0, 2);
  inRange('capabilities.receiveMaximum', capabilities.receiveMaximum, 1, 65_535);
  inRange('capabilities.maximumPacketSize', capabilities.maximumPacketSize, 1, 268_435_460);
  inRange('capabilities.topicAliasMaximum', capabilities.topicAliasMaximum, 0, 65_535);
  inRange('capabilities.outboundTopicAliasMaximum', capabilities.outboundTopicAliasMaximum, 0, 65_535);
  inRange('capabilities.sessionExpiryMaximum', capabilities.sessionExpiryMaximum, 0, 0xffffffff);
  if (capabilities.serverKeepAlive !== undefined) {
    inRange('capabilities.serverKeepAlive', capabilities.serverKeepAlive, 0, 65_535);
  }
  if (capabilities.responseInformation !== undefined) {
    checkString(capabilities.responseInformation, 'Broker: capabilities.responseInformation');
  }
  return capabilities;
}

function resolveLimits(given: Partial<BrokerLimits> = {}): BrokerLimits {
  onlyKnown('limits', given, Object.keys(DEFAULT_LIMITS));
  const limits = { ...DEFAULT_LIMITS, ...defined(given) };
  for (const [name, value] of Object.entries(limits)) {
    inRange(`limits.${name}`, value, 0, Number.MAX_SAFE_INTEGER);
  }
  return limits;
}

function resolveMethods(
  given: NonNullable<BrokerPolicy['authenticationMethods']> = {},
): ReadonlyMap<string, AuthenticationMethod> {
  isObject('authenticationMethods', given);
  const methods = new Map(Object.entries(given));
  for (const [name, method] of methods) isFunction(`authenticationMethods['${name}']`, method);
  return methods;
}

/** Without the keys whose value is undefined: such a key means the default. */
function defined<T extends object>(values: T): Partial<T> {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  // The keys are those of T: `Object.fromEntries` only forgets their names.
  return Object.fromEntries(known) as Partial<T>;
}

/** A misspelt option would be ignored, and its default in force where nobody looks for it. */
function onlyKnown(what: string, values: object, known: readonly string[]): void {
  isObject(what, values);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(`Broker: ${what} has no option ${unknown}. Its options are ${known.join(', ')}.`);
}

function isObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw new RangeError(`Broker: ${name} is ${describe(value)}. Give an object of options.`);
}

function isFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new RangeError(`Broker: ${name} is ${describe(value)}. Give a function.`);
}

function oneOf(name: string, value: unknown, legal: readonly unknown[]): void {
  if (legal.includes(value)) return;
  const choices = legal.map((choice) => describe(choice)).join(' or ');
  throw new RangeError(`Broker: ${name} is ${describe(value)}. Give ${choices}.`);
}

function inRange(name: string, value: number, lowest: number, highest: number): void {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw new RangeError(
    `Broker: ${name} is ${describe(value)}. Give a whole number from ${lowest} to ${highest}.`,
  );
}
