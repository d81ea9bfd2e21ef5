import { decodePayload, InvalidMessage } from '../../contracts/index.js';
import { TopicError } from '../../topics/index.js';
import type { TopicMatch } from '../addressing/contracts-of-topic.js';
import { lookAt, read, type Shown } from './look.js';

/** A payload, and what its contract says of it. */
export interface Decoded {
  readonly shown: Shown;
  /** Undefined where no contract has such a topic. */
  readonly contract?: { readonly name: string; readonly params: Readonly<Record<string, unknown>> };
  /** Why the message does not fit the contract. */
  readonly invalid?: string;
}

/** By the first of the contracts that the message fits; by the first of all where it fits none. */
export async function decoded(
  matches: readonly TopicMatch[],
  { payload, contentType }: { readonly payload: Uint8Array; readonly contentType: string | undefined },
): Promise<Decoded> {
  let first: Decoded | undefined;
  for (const { name, contract, params, wrongParams } of matches) {
    const invalid = wrongParams ?? (await whyInvalid(contract, payload, contentType));
    const shown = read(contract.spec.codecs, payload, contentType);
    const found = { shown, contract: { name, params } };
    if (invalid === undefined) return found;
    first ??= { ...found, invalid };
  }
  return first ?? { shown: lookAt(payload) };
}

async function whyInvalid(
  contract: TopicMatch['contract'],
  payload: Uint8Array,
  contentType: string | undefined,
): Promise<string | undefined> {
  try {
    await decodePayload(contract, payload, contentType);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidMessage || error instanceof TopicError) return error.message;
    throw error;
  }
}
