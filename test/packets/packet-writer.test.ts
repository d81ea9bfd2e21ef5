import { describe, expect, it } from 'vitest';
import { encodePacket, type Packet, PacketWriter, type PublishPacket } from '../../src/packets/index.js';

function publish(size: number, fill = 1): PublishPacket {
  const payload = new Uint8Array(size).fill(fill);
  return { type: 'publish', topic: 'a/b', payload, qos: 0, retain: false, duplicate: false };
}

function recorder() {
  const calls: Buffer[] = [];
  const writer = new PacketWriter({ protocolVersion: 5, sink: (bytes) => calls.push(Buffer.from(bytes)) });
  return { calls, writer };
}

describe('a PacketWriter', () => {
  it('hands all packets of a tick to the sink in one call', () => {
    const { calls, writer } = recorder();
    const packets: Packet[] = [
      publish(10),
      { type: 'pingreq' },
      { type: 'puback', packetId: 7, reasonCode: 0 },
      publish(20),
    ];
    const sizes = packets.map((packet) => writer.write(packet));
    const bytes = Buffer.concat(packets.map((packet) => encodePacket(packet, 5)));
    expect(calls).toEqual([]);
    expect(writer.pendingBytes).toBe(bytes.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(bytes.length);
    writer.flush();
    expect(calls).toEqual([bytes]);
    expect(writer.pendingBytes).toBe(0);
  });

  it('does not call the sink without bytes', () => {
    const { calls, writer } = recorder();
    writer.flush();
    writer.write({ type: 'pingreq' });
    writer.flush();
    writer.flush();
    expect(calls).toHaveLength(1);
  });

  it('passes a large payload through as it is, behind what waits', () => {
    const seen: Uint8Array[] = [];
    const writer = new PacketWriter({
      protocolVersion: 5,
      sink: (bytes) => seen.push(bytes.length === large.payload.length ? bytes : Buffer.from(bytes)),
    });
    const large = publish(100_000, 9);
    writer.write(publish(5));
    expect(writer.write(large)).toBe(encodePacket(large, 5).length);
    expect(seen[1]).toBe(large.payload);
    expect(writer.pendingBytes).toBe(0);
    writer.write(publish(6));
    writer.flush();
    const bytes = [publish(5), large, publish(6)].map((packet) => encodePacket(packet, 5));
    expect(Buffer.concat(seen).equals(Buffer.concat(bytes))).toBe(true);
  });

  it('keeps the order over many packets of all sizes, in calls of bounded size', () => {
    const { calls, writer } = recorder();
    const packets = Array.from({ length: 400 }, (_, index) => publish((index * 977) % 17_000, index));
    for (const packet of packets) writer.write(packet);
    writer.flush();
    const bytes = Buffer.concat(packets.map((packet) => encodePacket(packet, 5)));
    expect(Buffer.concat(calls).equals(bytes)).toBe(true);
    expect(Math.max(...calls.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(calls.length).toBeLessThan(bytes.length / 30_000);
  });

  it('writes packets that are larger than a slab without their payload', () => {
    const { calls, writer } = recorder();
    const text = 'x'.repeat(60_000);
    const userProperties = [
      ['a', text],
      ['b', text],
    ] as const;
    const packets: Packet[] = [
      { ...publish(3), properties: { userProperties } },
      { ...publish(50_000), properties: { userProperties } },
      { type: 'puback', packetId: 1, reasonCode: 0, properties: { userProperties } },
      { type: 'disconnect', reasonCode: 0, properties: { userProperties } },
    ];
    writer.write(publish(1));
    for (const packet of packets) writer.write(packet);
    writer.flush();
    const bytes = [publish(1), ...packets].map((packet) => encodePacket(packet, 5));
    expect(Buffer.concat(calls).equals(Buffer.concat(bytes))).toBe(true);
  });

  it('shares no byte with another writer that has not flushed yet', () => {
    const writers = Array.from({ length: 50 }, recorder);
    for (let round = 0; round < 3; round++) {
      for (const [index, { writer }] of writers.entries()) writer.write(publish(3000, index));
    }
    for (const { writer } of writers) writer.flush();
    for (const [index, { calls }] of writers.entries()) {
      const one = encodePacket(publish(3000, index), 5);
      expect(Buffer.concat(calls).equals(Buffer.concat([one, one, one]))).toBe(true);
    }
  });

  it('can be written to from within its sink', () => {
    const calls: Buffer[] = [];
    const writer = new PacketWriter({
      protocolVersion: 5,
      sink: (bytes) => {
        if (calls.length === 0) writer.write({ type: 'pingreq' });
        calls.push(Buffer.from(bytes));
      },
    });
    writer.write(publish(1));
    writer.flush();
    expect(writer.pendingBytes).toBe(2);
    writer.flush();
    expect(calls.map((bytes) => bytes.toString('hex'))).toEqual([
      Buffer.from(encodePacket(publish(1), 5)).toString('hex'),
      'c000',
    ]);
  });

  it('goes on after a sink that threw, without the bytes that it got', () => {
    let fail = true;
    const calls: Buffer[] = [];
    const writer = new PacketWriter({
      protocolVersion: 4,
      sink: (bytes) => {
        if (fail) throw new Error('The socket is gone.');
        calls.push(Buffer.from(bytes));
      },
    });
    writer.write(publish(1));
    expect(() => writer.flush()).toThrow('The socket is gone.');
    fail = false;
    writer.write({ type: 'pingreq' });
    writer.flush();
    expect(calls.map((bytes) => bytes.toString('hex'))).toEqual(['c000']);
  });
});
