import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  type Packet,
  PacketDecoder,
  ProtocolError,
  type PublishPacket,
  UnsupportedProtocolError,
} from '../../src/packets/index.js';
import { cuttings, decodeAll, hex } from '../support/packets/cuttings.js';

function publish(topic: string, payload: Uint8Array = new Uint8Array(8)): PublishPacket {
  return { type: 'publish', topic, payload, qos: 0, retain: false, duplicate: false };
}
const encode = (...packets: Packet[]) => Buffer.concat(packets.map((packet) => encodePacket(packet, 5)));
const topics = (packets: Packet[]) =>
  packets.map((packet) => (packet.type === 'publish' ? packet.topic : packet.type));

describe('a listener that throws', () => {
  const bytes = encode(publish('a'), publish('b'), publish('c'), publish('d'));

  it.each(cuttings(bytes))('loses nothing and repeats nothing, %s', (_name, chunks) => {
    const decoder = new PacketDecoder({ receiver: 'client' });
    const seen: Packet[] = [];
    const failure = new Error('listener');
    let thrown = 0;
    const onPacket = (packet: Packet) => {
      seen.push(packet);
      if (topics([packet])[0] !== 'd') throw failure;
    };
    for (const chunk of [...chunks, new Uint8Array(), new Uint8Array(), new Uint8Array()]) {
      try {
        decoder.push(chunk, onPacket);
      } catch (error) {
        expect(error).toBe(failure);
        thrown++;
      }
    }
    expect(topics(seen)).toEqual(['a', 'b', 'c', 'd']);
    expect(thrown).toBe(3);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('may throw a ProtocolError of its own without ending the decoder', () => {
    const decoder = new PacketDecoder({ receiver: 'client' });
    const seen: Packet[] = [];
    expect(() =>
      decoder.push(bytes, (packet) => {
        seen.push(packet);
        throw new ProtocolError(0x82, 'The session says no.');
      }),
    ).toThrow('The session says no.');
    decoder.push(new Uint8Array(), (packet) => seen.push(packet));
    expect(topics(seen)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('may change the chunk afterwards: the rest was copied', () => {
    const decoder = new PacketDecoder({ receiver: 'client' });
    const chunk = Buffer.from(bytes);
    expect(() =>
      decoder.push(chunk, () => {
        throw new Error('listener');
      }),
    ).toThrow('listener');
    chunk.fill(0);
    const seen: Packet[] = [];
    decoder.push(new Uint8Array(), (packet) => seen.push(packet));
    expect(topics(seen)).toEqual(['b', 'c', 'd']);
  });
});

describe('stop', () => {
  it.each(cuttings(encode(publish('a'), publish('b'), publish('c'))))(
    'ends it inside the listener, %s',
    (_name, chunks) => {
      const decoder = new PacketDecoder({ receiver: 'client' });
      const seen: Packet[] = [];
      for (const chunk of chunks) {
        decoder.push(chunk, (packet) => {
          seen.push(packet);
          if (seen.length === 2) decoder.stop();
        });
      }
      expect(topics(seen)).toEqual(['a', 'b']);
      expect(decoder.bufferedBytes).toBe(0);
    },
  );

  it('keeps nothing when the listener stops it and throws', () => {
    const decoder = new PacketDecoder({ receiver: 'client' });
    expect(() =>
      decoder.push(encode(publish('a'), publish('b')), () => {
        decoder.stop();
        throw new Error('over');
      }),
    ).toThrow('over');
    const seen: Packet[] = [];
    decoder.push(encode(publish('c')), (packet) => seen.push(packet));
    expect(seen).toEqual([]);
  });
});

it('refuses to be called from within its own listener', () => {
  const decoder = new PacketDecoder({ receiver: 'client' });
  const bytes = encode(publish('a'));
  expect(() => decoder.push(bytes, () => decoder.push(bytes, () => {}))).toThrow(
    'from within its own onPacket',
  );
});

describe('the maximum packet size', () => {
  const packet = publish('a', new Uint8Array(50));
  const size = encode(packet).length;

  it('counts the whole packet', () => {
    expect(decodeAll({ receiver: 'client', maximumPacketSize: size }, [encode(packet)]).packets).toHaveLength(
      1,
    );
    const { error } = decodeAll({ receiver: 'client', maximumPacketSize: size - 1 }, [encode(packet)]);
    expect(error).toMatchObject({ reasonCode: 0x95 });
  });

  it('is checked before any of the body came', () => {
    const { error } = decodeAll({ receiver: 'client', maximumPacketSize: size - 1 }, [
      encode(packet).subarray(0, 2),
    ]);
    expect(error).toMatchObject({
      reasonCode: 0x95,
      message: `PUBLISH has ${size} bytes; at most ${size - 1} are accepted.`,
    });
  });
});

describe('memory', () => {
  it('grows with the bytes that came, not with the length that a header states', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 100 }, () => {
      const decoder = new PacketDecoder({ receiver: 'client' });
      decoder.push(hex('30 ff ff ff 7f 0001 61'), () => {});
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
    expect(decoders.map(({ bufferedBytes }) => bufferedBytes)).toEqual(new Array(100).fill(8));
  });

  it('of a small payload is not that of its chunk', () => {
    const chunk = encode(
      ...Array.from({ length: 600 }, (_, index) => publish(`t/${index}`, new Uint8Array(90).fill(index))),
    );
    const { packets } = decodeAll({ receiver: 'client' }, [chunk]);
    const payloads = packets.map((packet) => (packet as PublishPacket).payload);
    for (const [index, payload] of payloads.entries()) {
      expect(payload.buffer.byteLength).toBeLessThanOrEqual(8192);
      expect([...payload]).toEqual(new Array(90).fill(index & 0xff));
    }
    // Neighbours share: keeping all of them costs about what they hold.
    const memory = new Set(payloads.map(({ buffer }) => buffer));
    expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(chunk.length * 1.2);
  });

  it('of a large payload is a view, without a copy', () => {
    const chunk = Buffer.allocUnsafeSlow(40_000);
    encode(publish('a', new Uint8Array(39_992))).copy(chunk);
    const [packet] = decodeAll({ receiver: 'client' }, [chunk]).packets as [PublishPacket];
    expect(packet.payload.buffer).toBe(chunk.buffer);
  });

  it('of a middle-sized payload in a larger chunk is a copy of its own', () => {
    const chunk = encode(publish('a', new Uint8Array(5000).fill(7)), publish('b', new Uint8Array(60_000)));
    const [packet] = decodeAll({ receiver: 'client' }, [chunk]).packets as [PublishPacket];
    expect(packet.payload.buffer.byteLength).toBe(5000);
    expect(packet.payload[4999]).toBe(7);
  });

  it.each([1, 8, 3000, 30_000])(
    'of a payload of %i bytes is never that of a chunk that will be reused',
    (size) => {
      const packets = [
        publish('a', new Uint8Array(size).fill(1)),
        publish('b', new Uint8Array(size).fill(2)),
      ];
      const chunk = encode(...packets);
      const decoded = decodeAll({ receiver: 'client', reusesChunks: true }, [chunk]);
      chunk.fill(0xff);
      expect(decoded.packets).toStrictEqual(packets);
    },
  );

  it('of a packet that came in pieces does not change with the pieces', () => {
    const packet = publish('a', new Uint8Array(30_000).fill(5));
    const bytes = encode(packet);
    const chunk = Buffer.alloc(1000);
    const decoder = new PacketDecoder({ receiver: 'client', reusesChunks: true });
    const packets: Packet[] = [];
    for (let at = 0; at < bytes.length; at += 1000) {
      const length = bytes.copy(chunk, 0, at, at + 1000);
      decoder.push(chunk.subarray(0, length), (one) => packets.push(one));
    }
    expect(packets).toStrictEqual([packet]);
  });

  it('has payloads that are plain Uint8Arrays, whatever the transport delivers', () => {
    const bytes = encode(publish('a', Uint8Array.of(1)), publish('b', new Uint8Array(3000)));
    for (const chunk of [bytes, new Uint8Array(bytes)]) {
      for (const packet of decodeAll({ receiver: 'client' }, [chunk]).packets) {
        expect(Object.getPrototypeOf((packet as PublishPacket).payload)).toBe(Uint8Array.prototype);
      }
    }
  });
});

it('reads topics of every length, in ASCII and beyond, with their byte order mark', () => {
  const names = Array.from({ length: 90 }, (_, length) => `${'x'.repeat(length)}${length}`);
  const wanted = [...names, 'ü/ö', '\uFEFFa', '日本語', '😀', 'y'.repeat(65_535)];
  const { packets } = decodeAll({ receiver: 'client' }, [encode(...wanted.map((name) => publish(name)))]);
  expect(topics(packets)).toEqual(wanted);
});

describe('the version of a server', () => {
  const connect: Packet = {
    type: 'connect',
    protocolVersion: 4,
    clientId: 'c',
    cleanStart: true,
    keepAlive: 0,
  };

  it.each([4, 5] as const)('is that of the CONNECT, from the next byte on: %i', (protocolVersion) => {
    const packets: Packet[] = [{ ...connect, protocolVersion }, publish('a', Uint8Array.of(0))];
    const bytes = Buffer.concat(packets.map((packet) => encodePacket(packet, protocolVersion)));
    for (const [, chunks] of cuttings(bytes)) {
      const decoded = decodeAll({ receiver: 'server' }, chunks);
      expect(decoded.packets).toStrictEqual(packets);
      expect(decoded.decoder.protocolVersion).toBe(protocolVersion);
    }
    expect(new PacketDecoder({ receiver: 'server' }).protocolVersion).toBeUndefined();
  });

  it.each([
    ['MQTT 3.1', '10 0e 0006 4d5149736470 03 02 003c 0000', 4, 1],
    ['level 6', '10 0d 0004 4d515454 06 02 003c 00 0000', 5, 0x84],
    ['level 6 with a body that nobody knows', '10 09 0004 4d515454 06 ffff', 5, 0x84],
    ['the bridge of mosquitto', '10 0c 0004 4d515454 84 02 003c 0000', 4, 1],
  ])('that it does not speak has its answer ready: %s', (_name, bytes, protocolVersion, reasonCode) => {
    const { error } = decodeAll({ receiver: 'server' }, [hex(bytes)]);
    expect(error).toBeInstanceOf(UnsupportedProtocolError);
    const { answer } = error as UnsupportedProtocolError; // just checked
    expect(answer).toEqual({
      protocolVersion,
      packet: { type: 'connack', sessionPresent: false, reasonCode },
    });
    expect(encodePacket(answer!.packet, answer!.protocolVersion).length).toBe(protocolVersion === 5 ? 5 : 4);
  });

  it('leaves an empty client identifier without clean start of 3.1.1 to the broker, which must answer it', () => {
    const { packets } = decodeAll({ receiver: 'server' }, [hex('10 0c 0004 4d515454 04 00 003c 0000')]);
    expect(packets).toMatchObject([{ type: 'connect', clientId: '', cleanStart: false }]);
  });
});

it('tells a client of MQTT 5 that the server only speaks 3.1.1', () => {
  const { error } = decodeAll({ receiver: 'client' }, [hex('20 02 00 01')]);
  expect(error).toBeInstanceOf(UnsupportedProtocolError);
  expect(error).toMatchObject({
    message: expect.stringContaining('The server does not speak MQTT 5'),
    answer: undefined,
  });
});

describe('short forms of MQTT 5', () => {
  it.each([
    ['DISCONNECT without a code', 'e0 00', { type: 'disconnect', reasonCode: 0 }],
    ['DISCONNECT without a property length', 'e0 01 8b', { type: 'disconnect', reasonCode: 0x8b }],
    ['PUBACK without a code', '40 02 0001', { type: 'puback', packetId: 1, reasonCode: 0 }],
    ['PUBACK without a property length', '40 03 0001 10', { type: 'puback', packetId: 1, reasonCode: 0x10 }],
    ['PUBREC with everything', '50 04 0001 00 00', { type: 'pubrec', packetId: 1, reasonCode: 0 }],
    ['AUTH without anything', 'f0 00', { type: 'auth', reasonCode: 0 }],
  ])('%s', (_name, bytes, packet) => {
    for (const [, chunks] of cuttings(Buffer.concat([hex(bytes), hex('d0 00')]))) {
      expect(decodeAll({ receiver: 'client' }, chunks).packets).toStrictEqual([packet, { type: 'pingresp' }]);
    }
  });
});
