// Our own path for PUBLISH and its acknowledgements against the library that handles every other packet: for what the
// library takes, its bytes are our bytes, and it reads from our bytes what we read.
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import {
  type AckPacket,
  encodePacket,
  type Packet,
  type ProtocolVersion,
  type PublishPacket,
} from '../../src/packets/index.js';
import { packetFor } from '../support/packets/arbitraries.js';
import { decodeAll } from '../support/packets/cuttings.js';

type Fast = PublishPacket | AckPacket;
const fast = (packet: Packet): packet is Fast =>
  packet.type === 'publish' || packet.type.startsWith('puba') || packet.type.startsWith('pub');

function packets(version: ProtocolVersion): fc.Arbitrary<Fast> {
  return packetFor('client', version).filter(fast);
}

/** A packet in the library's words. */
function foreign(packet: Fast): Record<string, unknown> {
  const { properties } = packet;
  const rest = properties ? { properties: foreignProperties(properties as Record<string, unknown>) } : {};
  if (packet.type !== 'publish') {
    return { cmd: packet.type, messageId: packet.packetId, reasonCode: packet.reasonCode, ...rest };
  }
  const { topic, payload, qos, retain, duplicate, packetId } = packet;
  return {
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos,
    retain,
    dup: duplicate,
    messageId: packetId,
    ...rest,
  };
}

function foreignProperties(properties: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'payloadFormat') result['payloadFormatIndicator'] = value === 'utf8';
    else if (name === 'subscriptionIdentifiers') result['subscriptionIdentifier'] = value;
    else if (name === 'userProperties') {
      result[name] = (value as [string, string][]).map(([key, text]) => ({ [key]: text }));
    } else result[name] = value instanceof Uint8Array ? Buffer.from(value) : value;
  }
  return result;
}

/** What the library reads from one frame. */
function parse(bytes: Uint8Array, protocolVersion: ProtocolVersion): Record<string, unknown> {
  const parser = mqttPacket.parser({ protocolVersion });
  let result: unknown;
  parser.on('packet', (packet) => {
    result = packet;
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  return result as Record<string, unknown>; // a plain object of the library
}

/** The library keeps neither order nor repeats of user properties, and a lone one is no list: bring ours to its form. */
function asParsed(properties: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (!properties) return undefined;
  const result = foreignProperties(properties);
  const identifiers = properties['subscriptionIdentifiers'] as number[] | undefined;
  if (identifiers) result['subscriptionIdentifier'] = identifiers.length === 1 ? identifiers[0] : identifiers;
  delete result['userProperties'];
  return result;
}

describe.each([5, 4] as const)('PUBLISH and its acknowledgements on version %i', (version) => {
  it('become the bytes that mqtt-packet makes of them', () => {
    fc.assert(
      fc.property(packets(version), (packet) => {
        const theirs = mqttPacket.generate(
          foreign(packet) as unknown as Parameters<typeof mqttPacket.generate>[0],
          {
            protocolVersion: version,
          },
        );
        expect(Buffer.from(encodePacket(packet, version)).toString('hex')).toBe(theirs.toString('hex'));
      }),
      { numRuns: 500 },
    );
  });

  it('are read from bytes as mqtt-packet reads them', () => {
    fc.assert(
      fc.property(packets(version), (packet) => {
        const bytes = encodePacket(packet, version);
        const theirs = parse(bytes, version);
        const [ours] = decodeAll({ receiver: 'client', protocolVersion: version }, [bytes]).packets as [Fast];
        expect(theirs['cmd']).toBe(ours.type);
        if (ours.packetId !== undefined) expect(theirs['messageId']).toBe(ours.packetId);
        if (ours.type === 'publish') {
          const { topic, qos, retain, duplicate } = ours;
          const seen = {
            topic: theirs['topic'],
            qos: theirs['qos'],
            retain: theirs['retain'],
            duplicate: theirs['dup'],
          };
          expect(seen).toEqual({ topic, qos, retain, duplicate });
          expect(Buffer.compare(theirs['payload'] as Buffer, ours.payload)).toBe(0);
        } else expect(theirs['reasonCode'] ?? 0).toBe(ours.reasonCode);
        const theirProperties = theirs['properties'] as Record<string, unknown> | undefined;
        const { userProperties, ...others } = theirProperties ?? {};
        const expected = asParsed(ours.properties as Record<string, unknown> | undefined);
        expect(others).toEqual(expected ?? {});
        const names = new Set(ours.properties?.userProperties?.map(([name]) => name));
        expect(Object.keys(userProperties ?? {}).sort()).toEqual([...names].sort());
      }),
      { numRuns: 500 },
    );
  });
});
