// Why a first connection did not come about, as one sentence each: what happened, where, what to do.

import type { ConnackPacket } from '../packets/packet.js';
import {
  nextStepAfter,
  nextStepAfterReturnCode,
  type ReasonCode,
  reasonCodeName,
  returnCodeName,
} from '../packets/reason-codes.js';
import { UnsupportedProtocolError } from '../packets/unsupported-protocol.js';
import type { Disconnection } from '../session/disconnection.js';
import { describeDisconnection } from '../session/disconnection.js';
import { AuthenticationError, ConnectError } from './errors.js';
import { checkListener, knownFailure } from './system-failures.js';

/** The byte stream could not be opened. */
export function unreachable(where: string, cause: Error): ConnectError {
  const { sentence, retryable } = knownFailure(cause, where) ?? {
    sentence: cause.message || 'it gave no reason',
    retryable: true,
  };
  return new ConnectError(
    { by: 'network', cause },
    retryable,
    `Could not reach ${where}: ${sentence.replace(/\.$/, '')}.`,
  );
}

export function timedOut(where: string, phase: 'opening' | 'handshake', ms: number): ConnectError {
  const what =
    phase === 'opening'
      ? `No connection to ${where} came about`
      : `${where} took the connection, but sent no CONNACK`;
  const cause = new Error(`${what} within ${ms} ms.`);
  const advice =
    phase === 'opening' ? 'Check host, port and firewall' : 'Check that an MQTT broker listens there';
  return new ConnectError(
    { by: 'network', cause },
    true,
    `${what} within ${ms} ms. ${advice}, or raise connectTimeout.`,
  );
}

export function refusedBy(where: string, connack: ConnackPacket, protocolVersion: 4 | 5): ConnectError {
  const { reasonCode, properties } = connack;
  const disconnection: Disconnection = {
    by: 'server',
    packet: 'connack',
    reasonCode,
    ...(properties?.reasonString !== undefined && { reasonString: properties.reasonString }),
    ...(properties?.serverReference !== undefined && { serverReference: properties.serverReference }),
    ...(properties?.userProperties !== undefined && { userProperties: properties.userProperties }),
  };
  const name = protocolVersion === 5 ? reasonCodeName(reasonCode, 'connack') : returnCodeName(reasonCode);
  const said = properties?.reasonString ? `, "${properties.reasonString}"` : '';
  const hint = advice(reasonCode, protocolVersion);
  const step =
    protocolVersion === 5 ? nextStepAfter('connack', reasonCode) : nextStepAfterReturnCode(reasonCode);
  return new ConnectError(
    disconnection,
    step === 'retry',
    `${where} refused the connection: ${name}${said}.${hint ? ` ${hint}` : ''}`,
  );
}

/** The byte stream was gone before CONNACK. */
export function failureOf(where: string, disconnection: Disconnection): ConnectError {
  if (disconnection.by === 'client' && disconnection.cause) {
    return nonsenseFrom(where, disconnection.cause, disconnection.reasonCode);
  }
  return goneBeforeConnack(where, disconnection);
}

/** What came was no MQTT, or not in its place. */
function nonsenseFrom(where: string, cause: Error, reasonCode: ReasonCode): ConnectError {
  if (cause instanceof UnsupportedProtocolError) {
    const message = `${where} does not speak MQTT 5.0, only an older version: connect with { protocol: 4 }, or 'auto'.`;
    return new ConnectError({ by: 'client', reasonCode, cause }, false, message);
  }
  if (cause instanceof AuthenticationError) {
    const message = `Could not authenticate with ${where}: ${cause.message}`;
    return new ConnectError({ by: 'client', reasonCode, cause }, true, message);
  }
  const message = `${where} did not answer as an MQTT broker does: ${cause.message.replace(/\.$/, '')}. Check host, port and protocol version.`;
  return new ConnectError({ by: 'client', reasonCode, cause }, false, message);
}

/** The connection stood, then it went before CONNACK. */
function goneBeforeConnack(where: string, disconnection: Disconnection): ConnectError {
  const known = disconnection.by === 'network' ? knownFailure(disconnection.cause, where) : undefined;
  const { sentence, retryable } = known ?? {
    sentence: `${describeDisconnection(disconnection)}. ${checkListener(where)}`,
    retryable: true,
  };
  const message = `${where} took the connection and ended it before CONNACK: ${sentence}.`;
  return new ConnectError(disconnection, retryable, message);
}

function advice(reasonCode: ReasonCode, protocolVersion: 4 | 5): string | undefined {
  if (protocolVersion === 4) {
    return [undefined, olderStill, badId, later, credentials, credentials][reasonCode];
  }
  switch (reasonCode) {
    case 0x84:
      return only311;
    case 0x85:
      return badId;
    case 0x86:
    case 0x87:
      return credentials;
    case 0x88:
    case 0x89:
      return later;
    default:
      return undefined;
  }
}

const only311 = "Connect with { protocol: 4 }, or 'auto'.";
const olderStill = 'The broker speaks neither MQTT 5.0 nor 3.1.1: it is of no use here.';
const badId = 'Choose another clientId.';
const credentials = 'Check username and password, and what they may do.';
const later = 'Try again later.';
