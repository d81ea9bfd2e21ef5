import { packetSize } from '../packets/encode-packet.js';
import { refuse } from '../packets/outgoing-checks.js';
import type { ConnectPacket, ConnectProperties, PublishProperties } from '../packets/packet.js';
import type { SessionStore } from '../session/session-store.js';
import type { OfflineLimits } from '../session/waiting-publishes.js';
import type { Clock, Random } from '../time/clock.js';
import { systemClock, systemRandom } from '../time/system-clock.js';
import type { AuthOptions } from './authenticator.js';
import { checkOptions } from './check-options.js';
import type { Hooks } from './observers.js';
import type { ClientOptions, Payload, Will } from './options.js';
import type { ReconnectSettings } from './reconnect.js';

/** The options with their defaults. */
export interface Settings {
  readonly protocolVersion: 4 | 5;
  readonly connect: ConnectPacket;
  /** The client id is ours: nobody will come back under it. */
  readonly generatedId: boolean;
  readonly connectTimeout: number;
  /** Undefined: no limit. */
  readonly ackTimeout: number | undefined;
  readonly drainTimeout: number;
  readonly receiveMaximum: number;
  readonly pausesWhenFull: boolean;
  readonly ackOrder: 'strict' | 'unordered';
  readonly sendMaximum: number;
  readonly topicAliasMaximum: number;
  readonly outboundAliases: number;
  readonly maximumPacketSize: number;
  readonly qos0Overflow: { readonly limit: number; readonly policy: 'drop-oldest' | 'drop-newest' };
  readonly onSessionLost: 'reject' | 'republish';
  readonly resubscribe: 'when-session-lost' | 'always' | 'never';
  readonly replayRetained: boolean;
  readonly offline: OfflineLimits | undefined;
  readonly sessionStore: SessionStore | undefined;
  readonly credentials: ClientOptions['credentials'];
  /** Undefined: the client does not come back. */
  readonly reconnect: ReconnectSettings | undefined;
  readonly requestMaximum: number;
  readonly auth: AuthOptions | undefined;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly random: Random;
}

/** Throws an InvalidPacketError, one sentence, for options that cannot be. */
export function settingsOf(options: ClientOptions): Settings {
  checkOptions(options);
  const protocolVersion = versionOf(options);
  const random = options.random ?? systemRandom;
  const receiveMaximum = options.receiveMaximum ?? 100;
  const maximumPacketSize = options.maximumPacketSize ?? 16 * 1024 * 1024;
  const { username, password } = options;
  const generatedId = !options.clientId;
  const { inbound: topicAliasMaximum = 0, outbound = 32 } = options.topicAliases ?? {};
  const connect: ConnectPacket = {
    type: 'connect',
    protocolVersion,
    clientId: options.clientId ?? `topicwise-${hexDigits(random, 12)}`,
    cleanStart: options.cleanStart ?? !options.clientId,
    keepAlive: options.keepAlive ?? 60,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: bytesOf(password, 'The password') }),
    ...(options.will && { will: willOf(options.will) }),
  };
  const properties: ConnectProperties = {
    ...(options.requestResponseInfo !== undefined && {
      requestResponseInformation: options.requestResponseInfo,
    }),
    ...(options.requestProblemInfo !== undefined && {
      requestProblemInformation: options.requestProblemInfo,
    }),
    ...(options.userProperties && { userProperties: options.userProperties }),
    ...(protocolVersion === 5 && {
      sessionExpiryInterval: options.sessionExpiryInterval ?? 300,
      receiveMaximum,
      maximumPacketSize,
      ...(topicAliasMaximum > 0 && { topicAliasMaximum }),
    }),
  };
  if (Object.keys(properties).length > 0) connect.properties = properties; // on 3.1.1 the encoder refuses what it can't say
  packetSize(connect, protocolVersion); // throws for what is not legal, before anything is opened
  return {
    protocolVersion,
    connect,
    generatedId,
    connectTimeout: options.connectTimeout ?? 30_000,
    ackTimeout: finite(options.ackTimeout),
    drainTimeout: options.drainTimeout ?? 10_000,
    receiveMaximum,
    pausesWhenFull: protocolVersion === 4 || options.receiveMaximumExceeded === 'pause',
    ackOrder: options.ackOrder ?? 'strict',
    sendMaximum: options.sendMaximum ?? 65_535,
    topicAliasMaximum,
    outboundAliases: outbound === 'off' ? 0 : outbound,
    maximumPacketSize,
    qos0Overflow: { limit: 1_000, policy: 'drop-oldest', ...options.qos0Overflow },
    onSessionLost: options.onSessionLost ?? 'reject',
    resubscribe: options.resubscribe ?? 'when-session-lost',
    replayRetained: options.replayRetained ?? false,
    offline: offlineLimitsOf(options.offline),
    sessionStore: options.sessionStore,
    credentials: options.credentials,
    reconnect: reconnectSettingsOf(options.reconnect),
    requestMaximum: options.requestMaximum ?? 1_000,
    auth: options.auth,
    hooks: options.hooks ?? {},
    clock: options.clock ?? systemClock,
    random,
  };
}

/** `auto` has become one of the two before. */
function versionOf({ protocol }: ClientOptions): 4 | 5 {
  return protocol === 4 ? 4 : 5;
}

function offlineLimitsOf(offline: ClientOptions['offline']): OfflineLimits | undefined {
  if (offline === undefined || offline === 'reject') return undefined;
  const { maxMessages, maxBytes = Number.POSITIVE_INFINITY, overflow, qos0 = false } = offline;
  return { maxMessages, maxBytes, overflow, qos0 };
}

function reconnectSettingsOf(reconnect: ClientOptions['reconnect']): ReconnectSettings | undefined {
  if (reconnect === false) return undefined;
  const { minDelay = 250, maxDelay = 30_000, ...options } = reconnect === true ? {} : (reconnect ?? {});
  const { maxAttempts = Number.POSITIVE_INFINITY, initial = false, followRedirects = true, decide } = options;
  const bounds = { minDelay, maxDelay: Math.max(minDelay, maxDelay), maxAttempts };
  return { ...bounds, initial, followRedirects, ...(decide && { decide }) };
}

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);

/** `what` is its name in the sentence that refuses it. */
export function bytesOf(payload: Payload | undefined, what: string): Uint8Array {
  if (payload === undefined) return nothing;
  if (typeof payload === 'string') return utf8.encode(payload);
  if (payload instanceof Uint8Array) return payload;
  // Its type only: what was meant may be a password.
  return refuse(
    `${what} must be a string or a Uint8Array, not ${payload === null ? 'null' : `of type ${typeof payload}`}.`,
  );
}

/** The properties among the options, or nothing, so that the packet without any stays on its fast path. */
export function propertiesOf(options: PublishProperties): PublishProperties | undefined {
  const properties: PublishProperties = {};
  let some = false;
  for (const name of propertyNames) {
    if (options[name] === undefined) continue;
    some = true;
    Object.assign(properties, { [name]: options[name] });
  }
  return some ? properties : undefined;
}

const propertyNames = [
  'payloadFormat',
  'messageExpiryInterval',
  'contentType',
  'responseTopic',
  'correlationData',
  'userProperties',
] as const satisfies readonly (keyof PublishProperties)[];

function willOf(will: Will): NonNullable<ConnectPacket['will']> {
  const properties = {
    ...propertiesOf(will),
    ...(will.delay !== undefined && { willDelayInterval: will.delay }),
  };
  return {
    topic: will.topic,
    payload: bytesOf(will.payload, 'The payload of the will'),
    qos: will.qos ?? 0,
    retain: will.retain ?? false,
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

/** A timer for a time that never comes is none. */
function finite(milliseconds: number | null | undefined): number | undefined {
  return milliseconds === null || milliseconds === Number.POSITIVE_INFINITY ? undefined : milliseconds;
}

function hexDigits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
}
