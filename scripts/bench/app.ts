// What a message costs through the framework, at QoS 1 from an in-memory peer that sends pre-encoded packets: 64 bytes of JSON on 100 topics,
// validated with zod, an async handler, acknowledged after it. And what starting costs.
import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';
import type { Application } from '../../src/app/lifecycle/application.js';
import { Broker } from '../../src/broker/index.js';
import { dispatchMessages, settleMessage } from '../../src/client/dispatch.js';
import { connect } from '../../src/client/index.js';
import { encodePacket, PacketDecoder } from '../../src/packets/index.js';
import { systemClock, systemRandom } from '../../src/time/index.js';
import { memoryTransportPair, type Transport } from '../../src/transports/index.js';
import type { Row } from './row.js';

const schema = z.object({
  id: z.number(),
  clean: z.boolean(),
  temperature: z.number().max(95),
  room: z.string(),
});
const status = defineTopic('socks/+id/status', { payload: schema });
const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
let handled = 0;

@Controller()
class AsyncController {
  @Topic(status) async onStatus({ payload }: Message<typeof status>): Promise<void> {
    handled += payload.id;
  }
}
@Controller()
class SyncController {
  @Topic(status) onStatus({ payload }: Message<typeof status>): void {
    handled += payload.id;
  }
}
@Controller()
class BytesController {
  @Topic('socks/+id/status') onStatus({ payload }: Message): void {
    handled += payload.length;
  }
}

/** How many messages go out at once; their acknowledgements bring the next ones. */
const WINDOW = 100;

/** Accepts a connection, answers SUBSCRIBE, then sends windows of messages. */
class Peer {
  readonly #windows: Uint8Array;
  #server: Transport | undefined;
  #left = 0;
  #acknowledged = 0;
  #done = () => {};

  constructor(identifiers: readonly number[]) {
    const packets = Array.from({ length: WINDOW }, (_, at) =>
      encodePacket(
        {
          type: 'publish',
          topic: `socks/${at}/status`,
          payload: new TextEncoder().encode(
            JSON.stringify({ id: 1, clean: true, temperature: 40.5, room: 'bedroom' }),
          ),
          qos: 1,
          retain: false,
          duplicate: false,
          packetId: at + 1,
          properties: { subscriptionIdentifiers: identifiers },
        },
        5,
      ),
    );
    this.#windows = Buffer.concat(packets);
  }

  readonly endpoint = {
    connect: async (): Promise<Transport> => {
      const [client, server] = memoryTransportPair();
      const decoder = new PacketDecoder({ receiver: 'server' });
      let established = false;
      server.start(
        (chunk) => {
          if (established && this.#left > 0) this.#acks(chunk);
          else {
            decoder.push(chunk, (packet) => {
              if (packet.type === 'connect')
                server.write(encodePacket({ type: 'connack', sessionPresent: false, reasonCode: 0 }, 5));
              if (packet.type !== 'subscribe') return;
              established = true;
              server.write(encodePacket({ type: 'suback', packetId: packet.packetId, reasonCodes: [1] }, 5));
            });
          }
        },
        () => {},
      );
      this.#server = server;
      return client;
    },
  };

  /** Resolves when this many messages were acknowledged. */
  send(windows: number): Promise<void> {
    this.#left = windows;
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#server?.write(this.#windows);
    });
  }

  /** Nothing but acknowledgements of four bytes comes in here. */
  #acks(chunk: Uint8Array): void {
    this.#acknowledged += chunk.length / 4;
    while (this.#acknowledged >= WINDOW) {
      this.#acknowledged -= WINDOW;
      this.#left--;
      if (this.#left > 0) this.#server?.write(this.#windows);
      else this.#done();
    }
  }
}

interface Subject {
  send(windows: number): Promise<void>;
  close(): Promise<void>;
}

async function throughApp(controller: typeof AsyncController): Promise<Subject> {
  // The identifier of a filter is made from the filter alone: ask an application on a broker for it.
  await using broker = new Broker({ clock: systemClock, random: systemRandom });
  const options = { controllers: [controller], logger: silent };
  const probe = createApp({
    ...options,
    connection: { url: broker.endpoint, clientId: 'bench' },
  }) as Application;
  await probe.start();
  const identifiers = (probe.subscriptions?.groups ?? []).map(({ identifier }) => identifier);
  await probe.stop();
  const peer = new Peer(identifiers);
  const app = createApp({ ...options, connection: { url: peer.endpoint, clientId: 'bench' } });
  await app.start();
  return { send: (windows) => peer.send(windows), close: async () => void (await app.stop()) };
}

/** The same by hand, on the client alone: what the framework adds is the difference. */
async function byHand(): Promise<Subject> {
  const peer = new Peer([1]);
  const client = await connect(peer.endpoint, { clientId: 'bench' });
  await client.subscribe('socks/+/status', { id: 1 });
  const handle = async (payload: z.infer<typeof schema>) => {
    handled += payload.id;
  };
  dispatchMessages(client, (message) => {
    void handle(schema.parse(message.json())).then(() => settleMessage(message));
  });
  return { send: (windows) => peer.send(windows), close: () => client.disconnect() };
}

/** Microseconds of CPU time a message, peer included, the median of interleaved rounds; milliseconds to start. */
export async function run({ rounds = 7, windows = 500 } = {}): Promise<Row[]> {
  const subjects: Record<string, Subject> = {
    'client + JSON + zod by hand, async handler': await byHand(),
    'app + zod, async handler': await throughApp(AsyncController),
    'app + zod, sync handler': await throughApp(SyncController as unknown as typeof AsyncController),
    'app, bytes, sync handler': await throughApp(BytesController as unknown as typeof AsyncController),
  };
  const samples = new Map(Object.keys(subjects).map((name) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const before = process.cpuUsage();
      await subject.send(windows);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples.get(name)!.push((user + system) / (windows * WINDOW));
    }
  }
  for (const subject of Object.values(subjects)) await subject.close();
  if (handled === 0) throw new Error('bench: no message was handled.');
  const rows = [...samples].map(([name, values]) => ({
    name,
    value: median(values),
    unit: 'µs CPU/message',
  }));
  return [...rows, { name: 'start to SUBACK, 100 routes, TCP', value: await startTime(), unit: 'ms' }];
}

async function startTime(): Promise<number> {
  await using broker = new Broker({ clock: systemClock, random: systemRandom });
  const { url } = await broker.listen();
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    const app = createApp({ connection: { url, clientId: `start-${round}` }, logger: silent });
    for (let n = 0; n < 100; n++) app.on(`socks/+id/status/${n}` as string, () => {});
    const began = performance.now();
    await app.start();
    times.push(performance.now() - began);
    await app.stop();
  }
  return median(times);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
