import { validateTopicName } from '../topics/validate.js';
import type { ByteReader } from './byte-reader.js';
import { ownedRules, type PropertyOwner, type PropertyRule } from './property-table.js';

/** Properties as read, by our names; the caller knows which of packet.ts's interfaces they make. */
export type RawProperties = Record<string, unknown>;

/**
 * Reads the property length and the properties behind it, in order, and refuses what 2.2.2 forbids: unknown numbers,
 * properties of other packets, repeats, values out of range, an end that is not the stated one. Undefined when there
 * are none.
 */
export function readProperties(reader: ByteReader, owner: PropertyOwner): RawProperties | undefined {
  const length = reader.variableByteInteger('the property length');
  if (length === 0) return undefined;
  const properties: RawProperties = {};
  const { byId } = ownedRules[owner];
  reader.section(length, 'the properties', () => {
    while (reader.remaining > 0) {
      const id = reader.byte('a property identifier');
      const rule = byId[id];
      if (!rule) reader.malformed(`property 0x${id.toString(16)} is not allowed in it (2.2.2.2)`);
      readProperty(reader, rule, properties);
    }
  });
  return properties;
}

function readProperty(reader: ByteReader, rule: PropertyRule, properties: RawProperties): void {
  const { name, kind } = rule;
  if (kind === 'pairs') {
    const pair = [reader.string(`${name}: a name`), reader.string(`${name}: a value`)] as const;
    append(properties, name, pair);
    return;
  }
  if (kind === 'identifiers') {
    append(properties, name, nonZero(reader, rule, reader.variableByteInteger(name)));
    return;
  }
  if (properties[name] !== undefined) reader.protocolError(`${name} is there twice`);
  properties[name] = readValue(reader, rule);
}

function readValue(reader: ByteReader, rule: PropertyRule): unknown {
  const { name, kind } = rule;
  switch (kind) {
    case 'boolean':
      return zeroOrOne(reader, name) === 1;
    case 'payload-format':
      return zeroOrOne(reader, name) === 1 ? 'utf8' : 'bytes';
    case 'qos':
      return zeroOrOne(reader, name);
    case 'uint16':
      return nonZero(reader, rule, reader.uint16(name));
    case 'uint32':
      return nonZero(reader, rule, reader.uint32(name));
    case 'identifier':
      return nonZero(reader, rule, reader.variableByteInteger(name));
    case 'binary':
      return reader.binary(name);
    case 'topic': {
      const topic = reader.string(name);
      const mistake = validateTopicName(topic, Infinity);
      if (mistake !== undefined) reader.protocolError(`${name} is no topic name: ${mistake}`);
      return topic;
    }
    default:
      return reader.string(name);
  }
}

function zeroOrOne(reader: ByteReader, name: string): number {
  const value = reader.byte(name);
  if (value > 1) reader.protocolError(`${name} is ${value}, it must be 0 or 1`);
  return value;
}

function nonZero(reader: ByteReader, rule: PropertyRule, value: number): number {
  if (value === 0 && rule.zeroIs) reader.protocolError(`${rule.name} is 0`, rule.zeroIs);
  return value;
}

function append(properties: RawProperties, name: string, value: unknown): void {
  const list = properties[name];
  if (Array.isArray(list)) list.push(value);
  else properties[name] = [value];
}
