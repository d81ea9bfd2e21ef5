// FakeBroker: how fast a test gets its first message, how many messages a second go through in memory, beside aedes, and what a thousand
// tests cost.
import { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import { encodePacket, PacketDecoder } from '../../src/packets/index.js';
import type { Packet } from '../../src/packets/packet.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { fromDuplex, type Transport } from '../../src/transports/index.js';
import type { Row } from './row.js';
import { thousandTests } from './thousand-tests/measure.js';

const VERSION = 4; // aedes speaks no other
const MESSAGES = 20_000;
const WINDOW = 100;
const ROUNDS = 5;

export async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  rows.push(...(await firstMessage()));
  // In turns, so that what slows the machine down slows both down.
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await throughput(fakeBroker));
    theirs.push(await throughput(aedes));
  }
  const [fast, slow] = [median(ours), median(theirs)];
  rows.push({
    name: 'FakeBroker in memory, QoS 1, publisher to subscriber',
    value: fast,
    unit: 'messages/s',
  });
  rows.push({ name: 'aedes in memory, the same clients', value: slow, unit: 'messages/s' });
  rows.push({ name: 'FakeBroker beside aedes (goal: 6)', value: fast / slow, unit: 'times' });
  rows.push(...thousandTests());
  return rows;
}

type Connect = () => Promise<Transport>;
type BrokerStart = () => Promise<{ connect: Connect; close: () => Promise<void> }>;

const fakeBroker: BrokerStart = async () => {
  const broker = new FakeBroker();
  return { connect: () => broker.endpoint.connect(), close: () => broker.close() };
};

const aedes: BrokerStart = async () => {
  const broker = await Aedes.createBroker();
  return {
    connect: async () => {
      const [client, server] = duplexPair();
      broker.handle(server);
      return fromDuplex(client);
    },
    close: () => new Promise((resolve) => broker.close(resolve)),
  };
};

/** From a new broker to the first message that a subscriber has. */
async function firstMessage(): Promise<Row[]> {
  const once = async (start: BrokerStart): Promise<number> => {
    const began = performance.now();
    const broker = await start();
    const client = await Client.connect(broker.connect, 'subscriber');
    await client.subscribe('a/#');
    const sender = await Client.connect(broker.connect, 'publisher');
    const arrived = client.received(1);
    sender.publish(1);
    await arrived;
    const took = performance.now() - began;
    client.close();
    sender.close();
    await broker.close();
    return took;
  };
  const measured: Record<string, number[]> = { FakeBroker: [], aedes: [] };
  const cold = await once(fakeBroker);
  for (let round = 0; round < 200; round += 1) {
    measured['FakeBroker']?.push(await once(fakeBroker));
    measured['aedes']?.push(await once(aedes));
  }
  return [
    { name: 'new FakeBroker() to the first delivered message, cold', value: cold, unit: 'ms' },
    ...Object.entries(measured).map(([name, times]) => ({
      name: `${name}: new to the first delivered message, warm median${name === 'FakeBroker' ? ' (goal: 1)' : ''}`,
      value: median(times),
      unit: 'ms',
    })),
  ];
}

async function throughput(start: BrokerStart): Promise<number> {
  const broker = await start();
  const subscriber = await Client.connect(broker.connect, 'subscriber');
  await subscriber.subscribe('a/#');
  const publisher = await Client.connect(broker.connect, 'publisher');
  const all = subscriber.received(MESSAGES);
  const began = performance.now();
  await publisher.publishAll(MESSAGES);
  await all;
  const seconds = (performance.now() - began) / 1000;
  subscriber.close();
  publisher.close();
  await broker.close();
  return MESSAGES / seconds;
}

/** As little client as it takes: acknowledges at once, keeps a window of its own publishes open. */
class Client {
  readonly #transport: Transport;
  #out: Uint8Array[] = [];
  #count = 0;
  #target = 0;
  #reached: (() => void) | undefined;
  #answered: (() => void) | undefined;
  #acknowledged: (() => void) | undefined;

  private constructor(transport: Transport) {
    this.#transport = transport;
    const decoder = new PacketDecoder({ receiver: 'client', protocolVersion: VERSION });
    const take = (packet: Packet) => this.#take(packet);
    transport.start(
      (chunk) => {
        decoder.push(chunk, take);
        this.#flush();
      },
      () => {},
    );
  }

  static async connect(connect: Connect, clientId: string): Promise<Client> {
    const client = new Client(await connect());
    await client.#ask({
      type: 'connect',
      protocolVersion: VERSION,
      clientId,
      cleanStart: true,
      keepAlive: 0,
    });
    return client;
  }

  subscribe(filter: string): Promise<void> {
    const options = {
      maximumQoS: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 'send',
    } as const;
    return this.#ask({ type: 'subscribe', packetId: 1, subscriptions: [{ filter, ...options }] });
  }

  received(target: number): Promise<void> {
    this.#target = target;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  publish(packetId: number): void {
    const payload = new Uint8Array(64);
    this.#send({ type: 'publish', topic: 'a/b', payload, qos: 1, retain: false, duplicate: false, packetId });
    this.#flush();
  }

  publishAll(count: number): Promise<void> {
    return new Promise((resolve) => {
      let sent = 0;
      let acknowledged = 0;
      const next = () => {
        sent += 1;
        const payload = new Uint8Array(64);
        const packetId = ((sent - 1) % 65_535) + 1;
        this.#send({
          type: 'publish',
          topic: 'a/b',
          payload,
          qos: 1,
          retain: false,
          duplicate: false,
          packetId,
        });
      };
      this.#acknowledged = () => {
        acknowledged += 1;
        if (acknowledged === count) resolve();
        else if (sent < count) next();
      };
      while (sent < Math.min(count, WINDOW)) next();
      this.#flush();
    });
  }

  close(): void {
    this.#transport.close();
  }

  #ask(packet: Packet): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#send(packet);
      this.#flush();
    });
  }

  #take(packet: Packet): void {
    if (packet.type === 'puback') return void this.#acknowledged?.();
    if (packet.type !== 'publish') return void this.#answered?.();
    this.#send({ type: 'puback', packetId: packet.packetId ?? 0, reasonCode: 0 });
    this.#count += 1;
    if (this.#count === this.#target) this.#reached?.();
  }

  #send(packet: Packet): void {
    this.#out.push(encodePacket(packet, VERSION));
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    this.#transport.write(Buffer.concat(this.#out));
    this.#out = [];
  }
}

/** Two ends of a Node stream pair: what aedes takes. */
function duplexPair(): [Duplex, Duplex] {
  const end = (): Duplex & { other?: Duplex } =>
    new Duplex({
      read() {},
      write(this: Duplex & { other?: Duplex }, chunk, _encoding, done) {
        this.other?.push(chunk);
        done();
      },
      final(this: Duplex & { other?: Duplex }, done) {
        this.other?.push(null);
        done();
      },
    });
  const [left, right] = [end(), end()];
  left.other = right;
  right.other = left;
  return [left, right];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
