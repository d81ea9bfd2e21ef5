// What a message costs in the client's process, ours against MQTT.js: CPU time while a peer in another process floods us with
// messages of 64 bytes, and while we publish with 100 unacknowledged at QoS 1. MQTT 5 over TCP.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { dispatchMessages, settleMessage } from '../../src/client/dispatch.js';
import { connect } from '../../src/client/index.js';
import type { Row } from './row.js';

type Subject = (url: string, count: number) => Promise<void>;
const payload = Buffer.alloc(64, 0x61);
const topic = 'socks/left/0042/status';

const subjects: Record<string, Subject> = {
  'receive QoS 0, ours': (url, count) => receive(url, 0, count),
  'receive QoS 0, ours with for await': (url, count) => receiveIterating(url, 0, count),
  'receive QoS 0, MQTT.js': (url, count) => receiveForeign(url, 0, count),
  'receive QoS 1, ours': (url, count) => receive(url, 1, count),
  'receive QoS 1, ours with for await': (url, count) => receiveIterating(url, 1, count),
  'receive QoS 1, MQTT.js': (url, count) => receiveForeign(url, 1, count),
  'publish QoS 0, ours': (url, count) => publish(url, 0, count),
  'publish QoS 0, MQTT.js': (url, count) => publishForeign(url, 0, count),
  'publish QoS 1, ours': (url, count) => publish(url, 1, count),
  'publish QoS 1, MQTT.js': (url, count) => publishForeign(url, 1, count),
};

/** Microseconds of CPU time a message, the median of interleaved rounds, and the ratios between the two. */
export async function run({ rounds = 5, messages = 60_000 } = {}): Promise<Row[]> {
  const peer = fork(fileURLToPath(new URL('./client-peer.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const port = await new Promise<number>((resolve) => peer.once('message', (port) => resolve(Number(port))));
  const samples = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const before = process.cpuUsage();
      await subject(`mqtt://127.0.0.1:${port}`, messages);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples.get(name)!.push((user + system) / messages);
    }
  }
  peer.disconnect();
  const rows = [...samples].map(([name, values]) => ({
    name,
    value: median(values),
    unit: 'µs CPU/message',
  }));
  const of = (name: string) => rows.find((row) => row.name === name)?.value ?? Number.NaN;
  const ratios = ['receive QoS 0', 'receive QoS 1', 'publish QoS 0', 'publish QoS 1'].map((name) => ({
    name: `${name}: MQTT.js / ours`,
    value: of(`${name}, MQTT.js`) / of(`${name}, ours`),
    unit: 'x',
  }));
  return [...rows, ...ratios];
}

async function receive(url: string, qos: 0 | 1, count: number): Promise<void> {
  const client = await connect(url, { clientId: `flood-${qos}-${count}`, receiveMaximum: 1_000 });
  let seen = 0;
  await new Promise<void>((resolve) => {
    dispatchMessages(client, (message) => {
      settleMessage(message);
      if (++seen === count) resolve();
    });
  });
  await client.close();
}

async function receiveIterating(url: string, qos: 0 | 1, count: number): Promise<void> {
  const client = await connect(url, {
    clientId: `flood-${qos}-${count}`,
    receiveMaximum: 1_000,
    qos0Overflow: { limit: count },
  });
  let seen = 0;
  for await (const message of client.messages()) {
    void message.ack();
    if (++seen === count) break;
  }
  await client.close();
}

async function receiveForeign(url: string, qos: 0 | 1, count: number): Promise<void> {
  const client = mqtt.connect(url, {
    protocolVersion: 5,
    clientId: `flood-${qos}-${count}`,
    reconnectPeriod: 0,
  });
  let seen = 0;
  await new Promise<void>((resolve) => {
    client.on('message', () => {
      if (++seen === count) resolve();
    });
  });
  await client.endAsync(true);
}

async function publish(url: string, qos: 0 | 1, count: number): Promise<void> {
  const client = await connect(url, { clientId: 'sink' });
  const worker = async (share: number) => {
    for (let n = 0; n < share; n++) await client.publish(topic, payload, { qos });
  };
  await Promise.all(Array.from({ length: 100 }, () => worker(count / 100)));
  await client.disconnect();
}

async function publishForeign(url: string, qos: 0 | 1, count: number): Promise<void> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, clientId: 'sink', reconnectPeriod: 0 });
  const worker = async (share: number) => {
    for (let n = 0; n < share; n++) await client.publishAsync(topic, payload, { qos });
  };
  await Promise.all(Array.from({ length: 100 }, () => worker(count / 100)));
  await client.endAsync();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
