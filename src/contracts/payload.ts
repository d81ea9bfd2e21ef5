// Bytes to values and back, through codec and schema: of a payload, and of the reply to it. No promise unless the schema makes one.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { TopicError } from '../topics/index.js';
import { type AnyCodec, accepts, type Codec, codecFor, nameOf } from './codec.js';
import { InvalidMessage, issuesOf } from './invalid-message.js';
import type { Contract } from './topic-def.js';

type What = 'payload' | 'reply';

const encoder = new TextEncoder();
/** Texts are encoded here and copied out: for 64 bytes that is 0.1 µs, where `TextEncoder.encode` takes 1 µs for memory outside the heap. */
const slab = new Uint8Array(4096);
const jsonDecoder = new TextDecoder('utf-8', { fatal: true });
// A byte order mark is a character of the text like any other [MQTT-1.5.4-3].
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The value that a handler gets for these bytes: a promise only if the schema is asynchronous. `contentType` is what the sender called it: it chooses among the contract's
 * codecs, and JSON or a codec of the user's is refused under a name that says otherwise.
 * @throws InvalidMessage (or rejects with it), `part: 'payload' | 'content-type'`.
 */
export function decodePayload(contract: Contract, bytes: Uint8Array, contentType?: string): unknown {
  const { codecs, payload } = contract.spec;
  return decode(contract, 'payload', codecFor(codecs, contentType), payload, bytes, contentType);
}

/**
 * The bytes to publish for a value: a promise only if the schema is asynchronous. `contentType` chooses among the contract's codecs. The schema checks what the receiver
 * will read from these bytes, so a value that changes on the way (a Date in JSON) is refused here, not there; so is a content type under which no receiver will read them.
 * @throws InvalidMessage (or rejects with it), `part: 'payload' | 'content-type'`.
 */
export function encodePayload(
  contract: Contract,
  value: unknown,
  contentType?: string,
): Uint8Array | Promise<Uint8Array> {
  const { codecs, payload } = contract.spec;
  const codec = codecFor(codecs, contentType);
  if (contentType !== undefined && !accepts(codec, contentType))
    throw wrongType(contract, 'payload', codec, contentType);
  return encode(contract, 'payload', codec, payload, value);
}

/** What a requester gets for the bytes of a reply, as {@link decodePayload}. @throws InvalidMessage (or rejects with it), `part: 'reply'`. */
export function decodeReply(contract: Contract, bytes: Uint8Array, contentType?: string): unknown {
  const { replyCodecs, reply } = contract.spec;
  return decode(contract, 'reply', codecFor(replyCodecs, contentType), reply, bytes, contentType);
}

/**
 * The bytes of a reply, as {@link encodePayload}. `contentType` is that of the request: the reply is in its codec, where the contract has several.
 * @throws InvalidMessage (or rejects with it), `part: 'reply'`.
 */
export function encodeReply(
  contract: Contract,
  value: unknown,
  contentType?: string,
): Uint8Array | Promise<Uint8Array> {
  const { replyCodecs, reply } = contract.spec;
  return encode(contract, 'reply', codecFor(replyCodecs, contentType), reply, value);
}

function decode(
  contract: Contract,
  what: What,
  codec: AnyCodec,
  schema: StandardSchemaV1 | undefined,
  bytes: Uint8Array,
  contentType: string | undefined,
): unknown {
  if (contentType !== undefined && !accepts(codec, contentType)) {
    throw wrongType(contract, what, codec, contentType);
  }
  const value = read(contract, what, codec, bytes);
  return schema === undefined ? value : checked(contract, what, schema, value);
}

function read(contract: Contract, what: What, codec: AnyCodec, bytes: Uint8Array): unknown {
  if (codec === 'bytes') return bytes;
  if (codec === 'json') return parseJson(contract, what, decodeText(contract, what, jsonDecoder, bytes));
  if (codec === 'text') return decodeText(contract, what, textDecoder, bytes);
  return decodeWith(contract, what, codec, bytes);
}

function encode(
  contract: Contract,
  what: What,
  codec: AnyCodec,
  schema: StandardSchemaV1 | undefined,
  value: unknown,
): Uint8Array | Promise<Uint8Array> {
  if (codec === 'json') {
    const text = toJson(contract, what, value);
    const bytes = encodeText(text);
    return schema === undefined ? bytes : afterCheck(contract, what, schema, JSON.parse(text), bytes);
  }
  if (typeof codec === 'object') {
    const bytes = encodeWith(contract, what, codec, value);
    if (schema === undefined) return bytes;
    return afterCheck(contract, what, schema, decodeWith(contract, what, codec, bytes), bytes);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value))
      throw refused(contract, what, 'the text contains half of a surrogate pair, which has no UTF-8');
    const bytes = encodeText(value);
    return schema === undefined
      ? bytes
      : afterCheck(contract, what, schema, codec === 'text' ? value : bytes, bytes);
  }
  if (codec === 'bytes' && value instanceof Uint8Array) {
    return schema === undefined ? value : afterCheck(contract, what, schema, value, value);
  }
  const wanted = codec === 'text' ? 'a text' : 'a Uint8Array or a text';
  throw refused(
    contract,
    what,
    `${wanted} is needed, but this is ${value === null ? 'null' : `of type ${typeof value}`}`,
  );
}

function checked(contract: Contract, what: What, schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) return result.then((settled) => accepted(contract, what, settled));
  return accepted(contract, what, result);
}

function accepted(contract: Contract, what: What, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  throw new InvalidMessage(what, `The ${what} does not fit "${contract.pattern}"`, issuesOf(result));
}

function afterCheck(
  contract: Contract,
  what: What,
  schema: StandardSchemaV1,
  received: unknown,
  bytes: Uint8Array,
): Uint8Array | Promise<Uint8Array> {
  const result = checked(contract, what, schema, received);
  return result instanceof Promise ? result.then(() => bytes) : bytes;
}

function encodeText(text: string): Uint8Array {
  // At most three bytes for each unit of UTF-16.
  if (text.length * 3 > slab.length) return encoder.encode(text);
  return slab.slice(0, encoder.encodeInto(text, slab).written);
}

function decodeText(contract: Contract, what: What, decoder: typeof jsonDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw refused(contract, what, 'it is not UTF-8', cause);
  }
}

function parseJson(contract: Contract, what: What, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = text === '' ? 'it is empty' : (cause as Error).message; // a SyntaxError
    throw refused(contract, what, `it is not JSON (${why})`, cause);
  }
}

function toJson(contract: Contract, what: What, value: unknown): string {
  let text: string | undefined;
  try {
    // Undefined for undefined, functions and symbols, whatever the library's types say.
    text = JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw refused(contract, what, `it can't become JSON (${String(cause)})`, cause);
  }
  if (text === undefined) throw refused(contract, what, `a value of type ${typeof value} has no JSON`);
  return text;
}

function decodeWith(contract: Contract, what: What, codec: Codec, bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = codec.decode(bytes);
  } catch (cause) {
    throw refused(contract, what, `it is not ${codec.name} (${String(cause)})`, cause);
  }
  refusePromise(contract, codec, 'decode', value);
  return value;
}

function encodeWith(contract: Contract, what: What, codec: Codec, value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = codec.encode(value);
  } catch (cause) {
    throw refused(contract, what, `it can't become ${codec.name} (${String(cause)})`, cause);
  }
  refusePromise(contract, codec, 'encode', bytes);
  if (bytes instanceof Uint8Array) return bytes;
  const sentence = `The codec "${codec.name}" of "${contract.pattern}" encoded a value to something of type ${typeof bytes}: encode returns a Uint8Array.`;
  throw new TopicError(contract.pattern, sentence);
}

/** The definition is what is wrong; what becomes of this one promise is no news. */
function refusePromise(contract: Contract, codec: Codec, verb: 'encode' | 'decode', value: unknown): void {
  if (!(value instanceof Promise)) return;
  value.catch(() => {});
  const sentence = `The codec "${codec.name}" of "${contract.pattern}" is asynchronous: ${verb} returned a promise. A codec answers at once; do the rest in a schema or the handler.`;
  throw new TopicError(contract.pattern, sentence);
}

function wrongType(contract: Contract, what: What, codec: AnyCodec, contentType: string): InvalidMessage {
  const whose = what === 'payload' ? 'content type' : 'content type of the reply';
  const expected = codec === 'json' ? 'JSON' : nameOf(codec);
  return new InvalidMessage(
    what === 'payload' ? 'content-type' : 'reply',
    `The ${whose} does not fit "${contract.pattern}"`,
    [{ path: [], message: `${expected} is expected, the sender says "${contentType}"` }],
  );
}

function refused(contract: Contract, what: What, message: string, cause?: unknown): InvalidMessage {
  return new InvalidMessage(what, `The ${what} does not fit "${contract.pattern}"`, [{ path: [], message }], {
    cause,
  });
}
