import { validateTopicName } from '../topics/validate.js';
import { checkBinary, checkBoolean, checkInteger, checkString, describe, refuse } from './outgoing-checks.js';
import { type LabelledRule, ownedRules, type PropertyOwner, type PropertyRule } from './property-table.js';
import {
  maximumVariableByteInteger,
  variableByteIntegerSize,
  writeVariableByteInteger,
} from './variable-byte-integer.js';

type WrittenOwner = 'publish' | 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/**
 * Checks a caller's properties against the table and returns the bytes that they take, without the length in front.
 * They are written in the order of the object's keys; a key whose value is undefined counts as absent.
 */
export function measureProperties(properties: object | undefined, owner: PropertyOwner): number {
  if (properties === undefined) return 0;
  if (properties === null || typeof properties !== 'object') {
    refuse(`The properties of ${owner.toUpperCase()} must be an object, not ${describe(properties)}.`);
  }
  let size = 0;
  const { byName } = ownedRules[owner];
  for (const name of Object.keys(properties)) {
    const value = (properties as Record<string, unknown>)[name]; // checked against the table below
    if (value === undefined) continue;
    const rule = byName.get(name);
    if (!rule) refuse(`${owner.toUpperCase()} has no property '${name}' (MQTT 5.0, 2.2.2.2).`);
    size += measureProperty(rule, value);
  }
  return size;
}

/**
 * Writes properties that were measured, their length in front, and returns the position behind them. Only for the packets
 * of the hot paths: `mqtt-packet` writes those of the others.
 */
export function writeProperties(
  bytes: Buffer,
  position: number,
  properties: object | undefined,
  owner: WrittenOwner,
  size: number,
): number {
  let at = writeVariableByteInteger(bytes, position, size);
  if (size === 0) return at;
  const { byName } = ownedRules[owner];
  for (const name of Object.keys(properties as object)) {
    const value = (properties as Record<string, unknown>)[name]; // measured: each name is in the table
    const rule = value === undefined ? undefined : byName.get(name);
    if (rule) at = writeProperty(bytes, at, rule, value);
  }
  return at;
}

function measureProperty(rule: LabelledRule, value: unknown): number {
  const what = rule.label;
  const from = rule.zeroIs ? 1 : 0;
  switch (rule.kind) {
    case 'boolean':
      checkBoolean(value, what);
      return 2;
    case 'payload-format':
      if (value !== 'utf8' && value !== 'bytes') {
        refuse(`${what} must be 'bytes' or 'utf8', not ${describe(value)}.`);
      }
      return 2;
    case 'qos':
      checkInteger(value, what, 0, 1);
      return 2;
    case 'uint16':
      checkInteger(value, what, from, 0xffff);
      return 3;
    case 'uint32':
      checkInteger(value, what, from, 0xffff_ffff);
      return 5;
    case 'identifier':
      return measureIdentifier(value, what);
    case 'identifiers':
      return measureList(value, what, measureIdentifier);
    case 'binary':
      return 3 + checkBinary(value, what);
    case 'pairs':
      return measureList(value, what, measurePair);
    case 'topic': {
      const mistake = typeof value === 'string' ? validateTopicName(value, Infinity) : undefined;
      if (mistake !== undefined) refuse(`${what}: ${mistake}`);
      return 3 + checkString(value, what);
    }
    default:
      return 3 + checkString(value, what);
  }
}

function measureList(value: unknown, what: string, measure: (item: unknown, what: string) => number): number {
  if (!Array.isArray(value)) refuse(`${what} must be an array, not ${describe(value)}.`);
  let size = 0;
  for (const item of value) size += measure(item, what);
  return size;
}

function measureIdentifier(value: unknown, what: string): number {
  checkInteger(value, what, 1, maximumVariableByteInteger);
  return 1 + variableByteIntegerSize(value as number); // an integer, just checked
}

function measurePair(pair: unknown, what: string): number {
  if (!Array.isArray(pair) || pair.length !== 2) {
    refuse(`${what} must hold [name, value] pairs of strings, not ${describe(pair)}.`);
  }
  return 5 + checkString(pair[0], what) + checkString(pair[1], what);
}

// The casts below lean on measureProperty, which has checked each value's type against the same table. The kinds that
// only other packets have (boolean, qos, identifier) never come here.
function writeProperty(bytes: Buffer, position: number, rule: PropertyRule, value: unknown): number {
  let at = position;
  switch (rule.kind) {
    case 'identifiers':
      for (const identifier of value as readonly number[]) {
        bytes[at++] = rule.id;
        at = writeVariableByteInteger(bytes, at, identifier);
      }
      return at;
    case 'pairs':
      for (const [name, text] of value as ReadonlyArray<readonly [string, string]>) {
        bytes[at++] = rule.id;
        at = writeString(bytes, at, name);
        at = writeString(bytes, at, text);
      }
      return at;
    default:
      bytes[at++] = rule.id;
  }
  switch (rule.kind) {
    case 'payload-format':
      bytes[at++] = value === 'utf8' ? 1 : 0;
      return at;
    case 'uint16':
      return bytes.writeUInt16BE(value as number, at);
    case 'uint32':
      return bytes.writeUInt32BE(value as number, at);
    case 'binary':
      return writeBinary(bytes, at, value as Uint8Array);
    default:
      return writeString(bytes, at, value as string);
  }
}

function writeString(bytes: Buffer, position: number, text: string): number {
  const length = bytes.write(text, position + 2, 'utf8');
  bytes.writeUInt16BE(length, position);
  return position + 2 + length;
}

function writeBinary(bytes: Buffer, position: number, data: Uint8Array): number {
  bytes.writeUInt16BE(data.length, position);
  bytes.set(data, position + 2);
  return position + 2 + data.length;
}
