// The payload that a command publishes: a word, a file or stdin, as the bytes that its contract makes of it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { codecFor, nameOf } from '../../contracts/codec.js';
import { type Contract, encodePayload, InvalidMessage } from '../../contracts/index.js';
import { Failure, Misunderstanding } from '../command.js';
import type { Host } from '../host.js';
import type { Subject } from './subject.js';

export interface PayloadGiven {
  readonly payload: string | undefined;
  readonly file: string | undefined;
  readonly 'content-type': string | undefined;
}

/** Throws a Failure or a Misunderstanding: a sentence. */
export async function payloadOf(given: PayloadGiven, { target }: Subject, host: Host): Promise<Uint8Array> {
  const bytes = await written(given, host);
  return target === undefined ? bytes : await encoded(target.contract, bytes, given['content-type']);
}

async function written({ payload, file }: PayloadGiven, host: Host): Promise<Uint8Array> {
  if (file !== undefined) {
    if (payload !== undefined)
      throw new Misunderstanding('<payload> and --file are both there: write one of them.');
    try {
      return readFileSync(resolve(host.cwd, file));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(`--file: ${file} could not be read: ${reason}.`, { cause: error });
    }
  }
  if (payload === undefined)
    throw new Misunderstanding(
      "<payload> is missing: write it, '-' to read it from stdin, '' for no bytes, or --file <file>.",
    );
  return payload === '-' ? await host.input() : Buffer.from(payload);
}

async function encoded(
  contract: Contract,
  bytes: Uint8Array,
  contentType: string | undefined,
): Promise<Uint8Array> {
  try {
    return await encodePayload(contract, handedIn(contract, bytes, contentType), contentType);
  } catch (error) {
    if (error instanceof InvalidMessage) throw new Failure(error.message, { cause: error });
    throw error;
  }
}

/** What a publisher hands in: bytes as they are, text, or what the JSON says, which a codec of the application's encodes in its own way. */
function handedIn(contract: Contract, bytes: Uint8Array, contentType: string | undefined): unknown {
  const codec = codecFor(contract.spec.codecs, contentType);
  if (codec === 'bytes') return bytes;
  const text = new TextDecoder().decode(bytes);
  if (codec === 'text') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(
      `The payload of "${contract.pattern}" is written as JSON${codec === 'json' ? '' : ` (and sent as ${nameOf(codec)})`}, and this is none: ${reason}.`,
      { cause: error },
    );
  }
}
