import { reasonCodeName } from '../../packets/index.js';
import type { Disconnection } from '../../session/disconnection.js';

/** Why the connection is gone, for the second half of a sentence. */
export function disconnectionText(disconnection: Disconnection): string {
  if (disconnection.by === 'network') return disconnection.cause.message.replace(/\.$/, '');
  const code = `0x${disconnection.reasonCode.toString(16).toUpperCase().padStart(2, '0')} ${reasonCodeName(disconnection.reasonCode)}`;
  if (disconnection.by === 'client')
    return disconnection.cause?.message.replace(/\.$/, '') ?? `this side closed it with ${code}`;
  const { reasonString } = disconnection;
  return `the broker closed it with ${code}${reasonString === undefined ? '' : ` ("${reasonString}")`}`;
}
