// What a payload is, for a reader: by its contract's codec where there is one, else by looking at the bytes.
import { type AnyCodec, codecFor } from '../../contracts/codec.js';

/** A payload as it can be shown. */
export type Shown =
  | { readonly kind: 'empty' }
  /** As it was written, on one line: a number keeps all its digits. */
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hex'; readonly text: string };

const decoder = new TextDecoder('utf-8', { fatal: true });
/** Tabs and line breaks are text; what else stands below the space is not. */
const binary = /(?![\t\n\r])\p{Cc}/u;

/** JSON, text or, for what is neither, hexadecimal digits. */
export function lookAt(bytes: Uint8Array): Shown {
  if (bytes.length === 0) return { kind: 'empty' };
  const text = textOf(bytes);
  if (text !== undefined && isJson(text)) return { kind: 'json', text: oneLine(text) };
  return text === undefined || binary.test(text)
    ? { kind: 'hex', text: Buffer.from(bytes).toString('hex') }
    : { kind: 'text', text };
}

/** As the codec that the content type chooses reads it; what that can't read is looked at. */
export function read(codecs: readonly AnyCodec[], bytes: Uint8Array, contentType: string | undefined): Shown {
  const codec = codecFor(codecs, contentType);
  if (codec === 'text') {
    const text = textOf(bytes);
    return text === undefined ? lookAt(bytes) : { kind: 'text', text };
  }
  if (typeof codec === 'string') return lookAt(bytes);
  try {
    return { kind: 'json', text: JSON.stringify(plain(codec.decode(bytes))) ?? 'null' };
  } catch {
    return lookAt(bytes); // whoever checks the message against its contract has the reason
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** In JSON, tabs and line breaks stand between its parts only. */
function oneLine(json: string): string {
  return json.trim().replaceAll(/[\t\r\n][ \t\r\n]*/g, ' ');
}

/** What a codec may give and JSON does not have: big integers as their digits, bytes as hexadecimal ones, maps as objects, sets as lists. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]) => [String(key), plain(each)]));
  if (value instanceof Set || Array.isArray(value)) return [...value].map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
