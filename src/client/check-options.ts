// What is wrong with options that no packet carries; those of CONNECT are checked where it is encoded.
import { checkInteger, describe, refuse } from '../packets/outgoing-checks.js';
import type { AuthOptions } from './authenticator.js';
import type { ClientOptions } from './options.js';

/** Throws an InvalidPacketError, one sentence. An option that is undefined is one that is left out. */
export function checkOptions(options: ClientOptions): void {
  if (options === null || typeof options !== 'object') {
    refuse(`The options of connect() must be an object, not ${describe(options)}.`);
  }
  const { protocol = 5, ackOrder = 'strict', qos0Overflow = { limit: 0 } }: ClientOptions = options;
  if (protocol !== 5 && protocol !== 4) {
    refuse(`protocol must be 5 (MQTT 5.0), 4 (MQTT 3.1.1) or 'auto', not ${describe(protocol)}.`);
  }
  if (ackOrder !== 'strict' && ackOrder !== 'unordered') {
    refuse(`ackOrder must be 'strict' or 'unordered', not ${describe(ackOrder)}.`);
  }
  const exceeded = options.receiveMaximumExceeded ?? 'pause';
  if (exceeded !== 'disconnect' && exceeded !== 'pause') {
    refuse(`receiveMaximumExceeded must be 'disconnect' or 'pause', not ${describe(exceeded)}.`);
  }
  if (protocol === 4 && exceeded === 'disconnect') {
    refuse("MQTT 3.1.1 has no receive maximum to exceed: leave receiveMaximumExceeded: 'disconnect' out.");
  }
  if (protocol === 4 && options.sessionExpiryInterval !== undefined) {
    refuse(
      'MQTT 3.1.1 has no sessionExpiryInterval: leave it out. There, a session lasts unless cleanStart is true.',
    );
  }
  checkMilliseconds(options.connectTimeout, 'connectTimeout', 1);
  checkMilliseconds(options.ackTimeout ?? undefined, 'ackTimeout', 1);
  checkMilliseconds(options.drainTimeout, 'drainTimeout', 0);
  // Both mean something on MQTT 3.1.1 too, whose CONNECT does not carry them.
  checkCount(options.receiveMaximum, 'receiveMaximum', 1, 65_535);
  checkCount(options.maximumPacketSize, 'maximumPacketSize', 1, 0xffff_ffff);
  checkCount(options.sendMaximum, 'sendMaximum', 1, 65_535);
  for (const [name, hook] of Object.entries(options.hooks ?? {})) {
    if (hook !== undefined && typeof hook !== 'function') {
      refuse(`hooks.${name} must be a function, not ${describe(hook)}.`);
    }
  }
  checkSession(options);
  checkReconnect(options.reconnect);
  const { inbound, outbound } = options.topicAliases ?? {};
  if (protocol === 4 && options.topicAliases !== undefined) {
    refuse('MQTT 3.1.1 has no topic aliases: leave topicAliases out.');
  }
  checkAuth(options.auth, protocol);
  checkCount(options.requestMaximum, 'requestMaximum', 1, Number.MAX_SAFE_INTEGER);
  checkCount(inbound, 'topicAliases.inbound', 0, 65_535);
  if (outbound !== 'off') checkCount(outbound, 'topicAliases.outbound', 0, 65_535);
  const { policy = 'drop-oldest' } = qos0Overflow;
  if (policy !== 'drop-oldest' && policy !== 'drop-newest') {
    refuse(`qos0Overflow.policy must be 'drop-oldest' or 'drop-newest', not ${describe(policy)}.`);
  }
  checkInteger(qos0Overflow.limit, 'qos0Overflow.limit', 0, Number.MAX_SAFE_INTEGER);
}

function checkSession(options: ClientOptions): void {
  checkOneOf(options.onSessionLost, 'onSessionLost', ['reject', 'republish']);
  checkOneOf(options.resubscribe, 'resubscribe', ['when-session-lost', 'always', 'never']);
  if (options.sessionStore && !options.clientId) {
    refuse('A sessionStore needs a clientId of yours: under a new one its session is never found again.');
  }
  const { offline } = options;
  if (offline === undefined || offline === 'reject') return;
  if (offline === null || typeof offline !== 'object') {
    refuse(`offline must be 'reject' or an object with maxMessages and overflow, not ${describe(offline)}.`);
  }
  checkInteger(offline.maxMessages, 'offline.maxMessages', 0, Number.MAX_SAFE_INTEGER);
  checkMilliseconds(offline.maxBytes, 'offline.maxBytes', 0, 'bytes');
  if (offline.overflow === undefined) refuse("offline.overflow must be 'reject' or 'drop-oldest'.");
  checkOneOf(offline.overflow, 'offline.overflow', ['reject', 'drop-oldest']);
}

function checkReconnect(reconnect: ClientOptions['reconnect']): void {
  if (reconnect === undefined || typeof reconnect === 'boolean') return;
  if (reconnect === null || typeof reconnect !== 'object') {
    refuse(`reconnect must be true, false or an object, not ${describe(reconnect)}.`);
  }
  checkMilliseconds(reconnect.minDelay, 'reconnect.minDelay', 1);
  checkMilliseconds(reconnect.maxDelay, 'reconnect.maxDelay', 1);
  checkMilliseconds(reconnect.maxAttempts, 'reconnect.maxAttempts', 1, 'attempts');
}

function checkOneOf(value: string | undefined, option: string, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  refuse(`${option} must be ${known.map((each) => `'${each}'`).join(' or ')}, not ${describe(value)}.`);
}

function checkAuth(auth: AuthOptions | undefined, protocol: 4 | 5): void {
  if (auth === undefined) return;
  if (protocol === 4) refuse('MQTT 3.1.1 has no enhanced authentication: leave auth out.');
  if (typeof auth?.method !== 'string')
    refuse(`auth.method must be a string, not ${describe(auth?.method)}.`);
  for (const name of ['start', 'next', 'verify'] as const) {
    if (typeof auth[name] === 'function' || (name === 'verify' && auth[name] === undefined)) continue;
    refuse(`auth.${name} must be a function, not ${describe(auth[name])}.`);
  }
}

/** `Infinity` is for ever. */
function checkMilliseconds(
  value: number | undefined,
  option: string,
  least: number,
  unit = 'milliseconds',
): void {
  if (value === undefined || (typeof value === 'number' && value >= least)) return;
  refuse(`${option} must be a number of ${unit} from ${least} on, not ${describe(value)}.`);
}

function checkCount(value: number | undefined, option: string, from: number, to: number): void {
  if (value !== undefined) checkInteger(value, option, from, to);
}
