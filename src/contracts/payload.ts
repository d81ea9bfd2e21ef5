// Bytes to values and back, through codec and schema. No promise unless the schema makes one.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidMessage, issuesOf } from './invalid-message.js';
import type { Contract } from './topic-def.js';

const encoder = new TextEncoder();
/** Texts are encoded here and copied out: for 64 bytes that is 0.1 µs, where `TextEncoder.encode` takes 1 µs for memory outside the heap. */
const slab = new Uint8Array(4096);
const jsonDecoder = new TextDecoder('utf-8', { fatal: true });
// A byte order mark is a character of the text like any other [MQTT-1.5.4-3].
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value that a handler gets for these bytes: a promise only if the schema is asynchronous.
 * `contentType` is what the sender called it: JSON is refused under a name that says otherwise.
 * @throws InvalidMessage (or rejects with it), `part: 'payload' | 'content-type'`.
 */
export function decodePayload(contract: Contract, bytes: Uint8Array, contentType?: string): unknown {
  const { codec, payload: schema } = contract.spec;
  if (codec === 'bytes') return schema === undefined ? bytes : checked(contract, schema, bytes);
  if (codec === 'json' && contentType !== undefined) refuseOtherTypes(contract, contentType);
  const text = decodeText(contract, codec === 'json' ? jsonDecoder : textDecoder, bytes);
  const value = codec === 'json' ? parseJson(contract, text) : text;
  return schema === undefined ? value : checked(contract, schema, value);
}

/**
 * The bytes to publish for a value: a promise only if the schema is asynchronous. The schema checks what the receiver will
 * read from these bytes, so a value that changes on the way (a Date in JSON) is refused here, not there.
 * @throws InvalidMessage (or rejects with it), `part: 'payload'`.
 */
export function encodePayload(contract: Contract, value: unknown): Uint8Array | Promise<Uint8Array> {
  const { codec, payload: schema } = contract.spec;
  if (codec === 'json') {
    const text = toJson(contract, value);
    const bytes = encodeText(text);
    return schema === undefined ? bytes : afterCheck(contract, schema, JSON.parse(text), bytes);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value))
      throw refused(contract, 'the text contains half of a surrogate pair, which has no UTF-8');
    const bytes = encodeText(value);
    return schema === undefined
      ? bytes
      : afterCheck(contract, schema, codec === 'text' ? value : bytes, bytes);
  }
  if (codec === 'bytes' && value instanceof Uint8Array) {
    return schema === undefined ? value : afterCheck(contract, schema, value, value);
  }
  const wanted = codec === 'text' ? 'a text' : 'a Uint8Array or a text';
  throw refused(
    contract,
    `${wanted} is needed, but this is ${value === null ? 'null' : `of type ${typeof value}`}`,
  );
}

function checked(contract: Contract, schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) return result.then((settled) => accepted(contract, settled));
  return accepted(contract, result);
}

function accepted(contract: Contract, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  throw new InvalidMessage('payload', `The payload does not fit "${contract.pattern}"`, issuesOf(result));
}

function afterCheck(
  contract: Contract,
  schema: StandardSchemaV1,
  received: unknown,
  bytes: Uint8Array,
): Uint8Array | Promise<Uint8Array> {
  const result = checked(contract, schema, received);
  return result instanceof Promise ? result.then(() => bytes) : bytes;
}

function encodeText(text: string): Uint8Array {
  // At most three bytes for each unit of UTF-16.
  if (text.length * 3 > slab.length) return encoder.encode(text);
  return slab.slice(0, encoder.encodeInto(text, slab).written);
}

function decodeText(contract: Contract, decoder: typeof jsonDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw refused(contract, 'it is not UTF-8', cause);
  }
}

function parseJson(contract: Contract, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(
      contract,
      `it is not JSON (${text === '' ? 'it is empty' : (cause as Error).message})`,
      cause,
    ); // a SyntaxError
  }
}

function toJson(contract: Contract, value: unknown): string {
  let text: string | undefined;
  try {
    // Undefined for undefined, functions and symbols, whatever the library's types say.
    text = JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw refused(contract, `it can't become JSON (${String(cause)})`, cause);
  }
  if (text === undefined) throw refused(contract, `a value of type ${typeof value} has no JSON`);
  return text;
}

/** `application/json`, `application/senml+json; charset=utf-8`, and text, which is what many devices call their JSON. */
function refuseOtherTypes(contract: Contract, contentType: string): void {
  if (/^\s*(text\/|[^;]*json\b)/i.test(contentType)) return;
  throw new InvalidMessage('content-type', `The content type does not fit "${contract.pattern}"`, [
    { path: [], message: `JSON is expected, the sender says "${contentType}"` },
  ]);
}

function refused(contract: Contract, message: string, cause?: unknown): InvalidMessage {
  return new InvalidMessage(
    'payload',
    `The payload does not fit "${contract.pattern}"`,
    [{ path: [], message }],
    { cause },
  );
}
