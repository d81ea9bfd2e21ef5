// What reading and writing one packet costs, ours against `mqtt-packet`: PUBLISH (QoS 1, 64 bytes) and PUBACK, MQTT 5.
// Alone: npx tsx scripts/bench/packets.ts
import { pathToFileURL } from 'node:url';
import mqttPacket from 'mqtt-packet';
import { encodePacket, type Packet, PacketDecoder, PacketWriter } from '../../src/packets/index.js';

export interface Row {
  name: string;
  value: number;
  unit: string;
}

const publish: Packet = {
  type: 'publish',
  topic: 'socks/left/0042/status',
  payload: new Uint8Array(64).fill(0x61),
  qos: 1,
  retain: false,
  duplicate: false,
  packetId: 4711,
};
const identified: Packet = { ...publish, properties: { subscriptionIdentifiers: [3] } };
const puback: Packet = { type: 'puback', packetId: 4711, reasonCode: 0 };
const foreignPublish = {
  cmd: 'publish',
  topic: publish.topic,
  payload: Buffer.from(publish.payload),
  qos: 1,
  retain: false,
  dup: false,
  messageId: 4711,
} as const;
const foreignPuback = { cmd: 'puback', messageId: 4711, reasonCode: 0 } as const;

/** Encodes or decodes about `count` packets and returns how many it were. */
type Subject = (count: number) => number;

const subjects: Record<string, Subject> = {
  'decode PUBLISH, ours': decodeOurs(publish),
  'decode PUBLISH with a subscription identifier, ours': decodeOurs(identified),
  'decode PUBLISH, mqtt-packet': decodeForeign(publish),
  'decode PUBACK, ours': decodeOurs(puback),
  'decode PUBACK, mqtt-packet': decodeForeign(puback),
  'encode PUBLISH, ours': encodeOurs(publish),
  'encode PUBLISH with a subscription identifier, ours': encodeOurs(identified),
  'encode PUBLISH, mqtt-packet writeToStream': writeForeign(foreignPublish),
  'encode PUBLISH, mqtt-packet generate': generateForeign(foreignPublish),
  'encode PUBACK, ours': encodeOurs(puback),
  'encode PUBACK, mqtt-packet writeToStream': writeForeign(foreignPuback),
  'encode PUBACK, mqtt-packet generate': generateForeign(foreignPuback),
};

/** Nanoseconds of CPU time a packet, the median of interleaved rounds, and the ratios between the two. */
export async function run({ rounds = 7, packets = 40_000 } = {}): Promise<Row[]> {
  const samples = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const before = process.cpuUsage();
      const done = subject(packets);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples.get(name)?.push(((user + system) * 1000) / done);
      // Between two subjects, so that no one's garbage or ticks are counted for the next.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const rows = [...samples].map(([name, values]) => ({ name, value: median(values), unit: 'ns/packet' }));
  const of = (name: string) => rows.find((row) => row.name === name)?.value ?? Number.NaN;
  const ratio = (name: string, peer: string) => ({
    name: `${name}: ${peer} / ours`,
    value: of(`${name}, ${peer}`) / of(`${name}, ours`),
    unit: 'x',
  });
  return [
    ...rows,
    ratio('decode PUBLISH', 'mqtt-packet'),
    ratio('decode PUBACK', 'mqtt-packet'),
    ratio('encode PUBLISH', 'mqtt-packet writeToStream'),
    ratio('encode PUBACK', 'mqtt-packet writeToStream'),
  ];
}

/** Chunks of 64 KiB, as a socket under load delivers them. */
function chunkOf(packet: Packet): { chunk: Buffer; count: number } {
  const bytes = encodePacket(packet, 5);
  const count = Math.floor(65_536 / bytes.length);
  return { chunk: Buffer.concat(Array.from({ length: count }, () => bytes)), count };
}

function decodeOurs(packet: Packet): Subject {
  const { chunk, count } = chunkOf(packet);
  const decoder = new PacketDecoder({ receiver: 'client', protocolVersion: 5 });
  let seen = 0;
  const onPacket = () => {
    seen++;
  };
  return (wanted) => {
    seen = 0;
    while (seen < wanted) decoder.push(chunk, onPacket);
    return Math.max(seen, count);
  };
}

function decodeForeign(packet: Packet): Subject {
  const { chunk } = chunkOf(packet);
  const parser = mqttPacket.parser({ protocolVersion: 5 });
  let seen = 0;
  parser.on('packet', () => {
    seen++;
  });
  return (wanted) => {
    seen = 0;
    while (seen < wanted) parser.parse(chunk);
    return seen;
  };
}

function encodeOurs(packet: Packet): Subject {
  let bytes = 0;
  const writer = new PacketWriter({
    protocolVersion: 5,
    sink: (flushed) => {
      bytes += flushed.length;
    },
  });
  return (wanted) => {
    for (let done = 0; done < wanted; done++) {
      writer.write(packet);
      if (done % 100 === 99) writer.flush();
    }
    writer.flush();
    return bytes > 0 ? wanted : 0;
  };
}

type Foreign = Parameters<typeof mqttPacket.generate>[0];

function writeForeign(packet: Foreign): Subject {
  let bytes = 0;
  const stream = {
    write(part: Buffer | string) {
      bytes += part.length;
      return true;
    },
    destroy(error: Error) {
      throw error;
    },
  };
  return (wanted) => {
    for (let done = 0; done < wanted; done++) {
      // It writes and destroys, nothing else of a stream is used.
      mqttPacket.writeToStream(packet, stream as unknown as NodeJS.WritableStream, { protocolVersion: 5 });
    }
    return bytes > 0 ? wanted : 0;
  };
}

function generateForeign(packet: Foreign): Subject {
  return (wanted) => {
    for (let done = 0; done < wanted; done++) mqttPacket.generate(packet, { protocolVersion: 5 });
    return wanted;
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { name, value, unit } of await run()) {
    console.log(`${name.padEnd(58)} ${value.toFixed(unit === 'x' ? 1 : 0).padStart(8)} ${unit}`);
  }
}
