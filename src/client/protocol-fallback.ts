import { refuse } from '../packets/outgoing-checks.js';
import { UnsupportedProtocolError } from '../packets/unsupported-protocol.js';
import type { ConnectOptions } from './connect.js';
import { ConnectError } from './errors.js';
import type { Will } from './options.js';

/** Connects on MQTT 5, and on MQTT 3.1.1 if the server answers that it knows no other. */
export async function connectOnEither<T>(
  options: ConnectOptions,
  open: (options: ConnectOptions) => Promise<T>,
): Promise<T> {
  if (options.auth !== undefined) {
    refuse("auth needs MQTT 5, and protocol: 'auto' may end on MQTT 3.1.1: connect with { protocol: 5 }.");
  }
  try {
    return await open({ ...options, protocol: 5 });
  } catch (error) {
    if (!isTooOld(error)) throw error;
    return open(olderOptions(options));
  }
}

function isTooOld(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  const { disconnection } = error;
  if (disconnection.by === 'server') return disconnection.reasonCode === 0x84;
  return disconnection.cause instanceof UnsupportedProtocolError;
}

/** Without what only MQTT 5 can say. */
function olderOptions(options: ConnectOptions): ConnectOptions {
  const {
    sessionExpiryInterval: _sessionExpiryInterval,
    topicAliases: _topicAliases,
    userProperties: _userProperties,
    requestResponseInfo: _requestResponseInfo,
    requestProblemInfo: _requestProblemInfo,
    receiveMaximumExceeded: _receiveMaximumExceeded,
    will,
    ...both
  } = options;
  return { ...both, protocol: 4, ...(will && { will: olderWill(will) }) };
}

function olderWill({ topic, payload, qos, retain }: Will): Will {
  return {
    topic,
    ...(payload !== undefined && { payload }),
    ...(qos !== undefined && { qos }),
    ...(retain !== undefined && { retain }),
  };
}
