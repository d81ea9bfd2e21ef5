import type { Outgoing } from '../../contracts/index.js';

/** What a handler returned, as messages to publish. The compiler lets nothing else through but nothing. */
export function returnedMessages(result: unknown): readonly Outgoing[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).filter(isOutgoing);
}

function isOutgoing(value: unknown): value is Outgoing {
  return typeof value === 'object' && value !== null && 'target' in value && 'payload' in value;
}
