// One record on disk: a version, a checksum, a description in JSON and, for a publish, its payload as it is.
//
//   byte 0      version of this layout, 1
//   bytes 1-4   CRC-32 of the key's UTF-8 and of everything from byte 5
//   bytes 5-8   length of the JSON
//   then        the JSON, then the payload
import { crc32 } from 'node:zlib';

const layout = 1;
const headerLength = 9;
const nothing = new Uint8Array(0);
const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

/** The key is part of the checksum: a record in a wrong place is a damaged one. */
export function encodeRecord(key: string, description: object, payload: Uint8Array = nothing): Uint8Array {
  const json = utf8.encode(JSON.stringify(description));
  const record = new Uint8Array(headerLength + json.length + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(5, json.length);
  record.set(json, headerLength);
  record.set(payload, headerLength + json.length);
  record[0] = layout;
  view.setUint32(1, checksumOf(key, record));
  return record;
}

/** Throws an Error, whose message completes the sentence "The record ...", for what `encodeRecord` did not write under this key. */
export function decodeRecord(key: string, record: Uint8Array): { description: unknown; payload: Uint8Array } {
  if (record.length < headerLength) throw new Error(`is cut off after ${record.length} bytes`);
  if (record[0] !== layout) {
    throw new Error(`has layout ${record[0]}, and this version of topicwise reads layout ${layout}`);
  }
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  if (view.getUint32(1) !== checksumOf(key, record)) throw new Error('does not match its checksum');
  const end = headerLength + view.getUint32(5);
  return {
    description: JSON.parse(text.decode(record.subarray(headerLength, end))),
    // A copy, and no Buffer, whatever the database hands out.
    payload: new Uint8Array(record.subarray(end)),
  };
}

function checksumOf(key: string, record: Uint8Array): number {
  return crc32(record.subarray(5), crc32(key));
}
