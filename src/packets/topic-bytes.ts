// HOT PATH. The topic of a PUBLISH, from bytes and to bytes.
//
// Reading: most messages come on few topics: a small table of topics that were
// checked before saves decoding and checking (60 instead of 150 ns), and hands out the same string each time, which makes
// the look-ups behind it faster. The table is shared by all connections and never grows.
import { isUtf8 } from 'node:buffer';
import { validateTopicName } from '../topics/validate.js';
import { ProtocolError } from './errors.js';
import { describe, refuse } from './outgoing-checks.js';

const slots = 1024;
/** Longer topics are decoded each time. */
const slotBytes = 64;
const names: string[] = new Array(slots).fill('');
const copies = new Uint8Array(slots * slotBytes);

/** Refuses what is no topic name: bad UTF-8, U+0000, wildcards. An empty topic is for the caller to judge. */
export function readTopic(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length > slotBytes) return decodeTopic(bytes, start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193); // FNV-1a
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const known = names[slot] as string; // every slot has one
  if (known.length === length && isCopyOf(slot, bytes, start, length)) return known;
  const topic = decodeTopic(bytes, start, end);
  if (topic.length !== length) return topic; // not ASCII: its length says nothing about its bytes
  names[slot] = topic;
  for (let at = 0; at < length; at++) copies[slot * slotBytes + at] = bytes[start + at] as number;
  return topic;
}

function isCopyOf(slot: number, bytes: Buffer, start: number, length: number): boolean {
  const from = slot * slotBytes;
  for (let at = 0; at < length; at++) if (copies[from + at] !== bytes[start + at]) return false;
  return true;
}

function decodeTopic(bytes: Buffer, start: number, end: number): string {
  let seen = 0;
  let wildcard = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number; // inside the frame
    if (byte === 0) malformed('its topic contains U+0000 [MQTT-1.5.4-2]');
    if (byte === 0x23 || byte === 0x2b) wildcard = true;
    seen |= byte;
  }
  if (seen > 0x7f && !isUtf8(bytes.subarray(start, end)))
    malformed('its topic is not valid UTF-8 [MQTT-1.5.4-1]');
  const topic = bytes.toString(seen > 0x7f ? 'utf8' : 'latin1', start, end);
  if (!wildcard) return topic;
  throw new ProtocolError(
    0x82,
    `PUBLISH breaks the protocol: its topic '${topic}' contains a wildcard [MQTT-3.3.2-2].`,
  );
}

function malformed(why: string): never {
  throw new ProtocolError(0x81, `PUBLISH is malformed: ${why}.`);
}

/** The length of a topic in UTF-8. Refuses what is no topic name, with a sentence. */
export function measureTopic(topic: string): number {
  if (typeof topic !== 'string') refuse(`The topic of PUBLISH must be a string, not ${describe(topic)}.`);
  const { length } = topic;
  let plain = length > 0 && length <= 0xffff;
  for (let at = 0; plain && at < length; at++) {
    const unit = topic.charCodeAt(at);
    plain = unit < 0x80 && unit !== 0 && unit !== 0x23 && unit !== 0x2b;
  }
  if (plain) return length;
  // Rare: a mistake, or a topic that is not ASCII. The full check tells them apart and has the sentences.
  const mistake = validateTopicName(topic, Infinity);
  if (mistake !== undefined) refuse(mistake);
  return Buffer.byteLength(topic);
}

/** Writes a measured topic with its length in front and returns the position behind. */
export function writeTopic(bytes: Buffer, position: number, topic: string, length: number): number {
  bytes[position] = length >> 8;
  bytes[position + 1] = length & 0xff;
  const start = position + 2;
  // Up to here a loop beats the call into native code.
  if (length !== topic.length || length > 48) bytes.write(topic, start, 'utf8');
  else for (let at = 0; at < length; at++) bytes[start + at] = topic.charCodeAt(at);
  return start + length;
}
