import type { PacketType } from '../../packets/packet.js';
import { isReasonCodeOf, type ReasonCode } from '../../packets/reason-codes.js';

/** Why something is refused: the code for the packet that says so, and a sentence for its reason string. */
export interface Refusal {
  readonly code: ReasonCode;
  readonly why: string;
}

const UNSPECIFIED_ERROR = 0x80;

/** What a client hears when a hook returned a promise. */
export const ANSWERS_LATER = 'it returned a promise; hooks answer at once.';

/** Asks a hook of the host; undefined is yes. The code is one that the packet can carry: a hook that fails refuses with 0x80. */
export function askHook<T>(
  name: string,
  hook: (request: T) => ReasonCode,
  request: T,
  packet: PacketType,
): Refusal | undefined {
  let code: ReasonCode;
  try {
    code = hook(request);
  } catch (error) {
    return failed(name, error);
  }
  if (code === 0) return undefined;
  if (isPromise(code)) return failed(name, ANSWERS_LATER);
  if (code >= 0x80 && isReasonCodeOf(packet, code)) return { code, why: `The ${name} hook said no.` };
  return {
    code: UNSPECIFIED_ERROR,
    why: `The ${name} hook returned ${code}, no code of ${packet.toUpperCase()}.`,
  };
}

/** What a client hears when a hook threw: its host finds out in the reason string. */
export function failed(name: string, error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  return { code: UNSPECIFIED_ERROR, why: `The ${name} hook failed: ${message}` };
}

/**
 * Whether a hook that must answer at once returned a promise. Nobody will wait for it, so nobody would take its rejection either, which
 * would end the process.
 */
export function isPromise(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return false;
  if (typeof answer.then !== 'function') return false;
  Promise.resolve(answer).catch(() => {});
  return true;
}
