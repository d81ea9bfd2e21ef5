// An application that gets more at QoS 1 than it can handle: the broker keeps what waits, in order, and the application no more than its receive maximum.
// `npm run soak -- overload` does 100,000 messages, `test/soak` 10,000.
import { createApp, defineTopic } from 'topicwise';
import { type Client, connect, type Hooks } from '../../src/client/index.js';
import { seededRandom, systemClock } from '../../src/time/index.js';
import { sleep } from '../../src/time/sleep.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, none, scaled } from './area.js';
import { heldMemory, tolerance } from './growth.js';
import { Progress } from './progress.js';

const load = defineTopic('load/+topic', { codec: 'text' });
const topics = 50;
const concurrency = 16;
/** Its default, where the sum over the routes is less. */
const receiveMaximum = 100;
/** Of a payload in bytes. What one read brings, 64 KiB at most, comes on top of the receive maximum: mosquitto 2.0.11 overdraws while it has a backlog. */
const size = 1_000;
const ofOneRead = Math.ceil(65_536 / size);
/** Publishes under way at once. */
const window = 500;
const clientId = 'soak-overload';

export async function run(scale: number): Promise<readonly Figure[]> {
  const count = scaled(100_000, scale);
  const mosquitto = await startMosquitto({ log: 'errors', config: ['set_tcp_nodelay true'] });
  try {
    const overload = new Overload(mosquitto.url);
    await overload.start();
    // What is compiled and cached is there before memory is looked at.
    await overload.pass(Math.ceil(count / 10), []);
    await overload.pass(count, [0.2, 0.4, 0.6, 0.8]);
    const figures = overload.figures();
    await overload.stop();
    return [{ name: 'messages', value: count }, ...figures, await redelivered(mosquitto.url)];
  } finally {
    await mosquitto.stop();
  }
}

class Overload {
  readonly #url: string;
  readonly #progress = new Progress();
  readonly #wire = new Wire(this.#progress);
  readonly #random = seededRandom(1);
  readonly #app;
  #publisher: Client | undefined;
  /** The number of the next message of each topic, as it goes out and as it is handled. */
  readonly #sent = new Array<number>(topics).fill(0);
  readonly #next = new Array<number>(topics).fill(0);
  #published = 0;
  #handled = 0;
  #running = 0;
  #mostRunning = 0;
  #mostHeld = 0;
  #disorder = 0;
  readonly #busy = new Set<number>();
  /** Handlers wait for it: until then the broker fills. */
  #backlog = Promise.resolve();
  #waited = 0;
  /** Bytes of the heap, while messages come. */
  readonly #heap: number[] = [];

  constructor(url: string) {
    this.#url = url;
    this.#app = createApp({
      connection: { url, clientId, hooks: this.#wire.hooks },
      logger: silent,
      concurrency: { max: concurrency },
    });
    this.#app.on(load, ({ params, payload }) => this.#handle(Number(params.topic), payload), {
      name: 'load',
    });
  }

  async start(): Promise<void> {
    await this.#app.start();
    this.#publisher = await connect(this.#url);
  }

  /**
   * So many messages out, as fast as the broker takes them, and handled; half of them have to wait before the first is. Memory is looked at when these
   * parts of them were handled.
   */
  async pass(count: number, looks: readonly number[]): Promise<void> {
    const last = this.#published + count;
    let open = () => {};
    this.#backlog = new Promise((resolve) => {
      open = resolve;
    });
    const half = this.#published + count / 2;
    const workers = Array.from({ length: window }, async () => {
      while (this.#published < last) {
        this.#published++;
        // A few topics get most of it, so that messages wait behind one of their own.
        const topic = Math.floor(topics * this.#random() * this.#random());
        const text = `${this.#sent[topic]} `;
        this.#sent[topic] = (this.#sent[topic] as number) + 1;
        await this.#publisher?.publish(`load/${topic}`, text.padEnd(size, '.'), { qos: 1 });
        if (this.#published >= half) open();
      }
    });
    for (const part of looks) {
      await this.#handles(last - count + Math.ceil(part * count));
      this.#waited = Math.max(this.#waited, this.#published - this.#handled);
      this.#heap.push((await heldMemory()).heapUsed);
    }
    await Promise.all(workers);
    await this.#handles(last);
    await this.#progress.until(
      'the last acknowledgement',
      () => this.#wire.acknowledged === last,
      () => this.#state,
    );
  }

  figures(): Figure[] {
    const [first = 0, ...later] = this.#heap;
    const growth = Math.max(...later) - first;
    const most = (name: string, value: number, bound: number): Figure => ({
      name,
      value,
      violation: value > bound ? `It may be ${bound}.` : undefined,
    });
    return [
      { name: 'messages that waited at the broker, at most', value: this.#waited },
      most('heap in bytes, growth while messages come', growth, tolerance),
      most('messages held by the pipeline at most', this.#mostHeld, receiveMaximum + ofOneRead),
      most('messages unacknowledged on the wire at most', this.#wire.mostOpen, receiveMaximum + ofOneRead),
      most('handlers at once at most', this.#mostRunning, concurrency),
      none(
        'messages beside another of their topic, out of order, lost or repeated',
        this.#disorder,
        'Each topic counts.',
      ),
      none('acknowledged other than once', this.#wire.strange, 'A PUBLISH has one PUBACK.'),
      none('acknowledgements missing', this.#published - this.#wire.acknowledged, 'All was handled.'),
      none('connections lost', this.#wire.connections - 1, 'Nobody cut them.'),
    ];
  }

  async stop(): Promise<void> {
    await this.#publisher?.disconnect();
    await this.#app.stop();
  }

  async #handle(topic: number, text: string): Promise<void> {
    this.#running++;
    this.#mostRunning = Math.max(this.#mostRunning, this.#running);
    this.#mostHeld = Math.max(this.#mostHeld, this.#app.health().routes['load']?.inFlight ?? 0);
    const number = Number.parseInt(text, 10);
    if (number !== this.#next[topic] || this.#busy.has(topic)) this.#disorder++;
    this.#busy.add(topic);
    this.#next[topic] = number + 1;
    await this.#backlog;
    await sleep(systemClock, 1);
    this.#busy.delete(topic);
    this.#running--;
    this.#handled++;
    this.#progress.made();
  }

  #handles(count: number): Promise<void> {
    return this.#progress.until(
      `${count} messages`,
      () => this.#handled >= count,
      () => this.#state,
    );
  }

  get #state() {
    return { published: this.#published, handled: this.#handled, acknowledged: this.#wire.acknowledged };
  }
}

/** What goes over the application's connection, as its hooks tell: which PUBLISH is open, and whether each has one PUBACK. */
class Wire {
  readonly #progress: Progress;
  readonly #open = new Set<number>();
  mostOpen = 0;
  acknowledged = 0;
  strange = 0;
  connections = 0;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  readonly hooks: Hooks = {
    packetReceived: ({ type, packetId = 0 }) => {
      if (type !== 'publish') return;
      if (this.#open.has(packetId)) this.strange++;
      this.#open.add(packetId);
      this.mostOpen = Math.max(this.mostOpen, this.#open.size);
    },
    packetSent: ({ type, packetId = 0 }) => {
      if (type !== 'puback') return;
      if (!this.#open.delete(packetId)) this.strange++;
      this.acknowledged++;
      this.#progress.made();
    },
    stateChange: ({ state }) => {
      if (state === 'connected') this.connections++;
    },
  };
}

/** What the session still brings to whoever comes under the same name: what was not acknowledged would come before what is new. */
async function redelivered(url: string): Promise<Figure> {
  const client = await connect(url, { clientId, cleanStart: false });
  const { sessionPresent } = await client.connected();
  await client.publish('load/end', 'end', { qos: 1 });
  let repeated = 0;
  for await (const message of client.messages()) {
    if (message.topic === 'load/end') break;
    repeated++;
  }
  await client.disconnect();
  return {
    ...none('messages that came again', repeated, 'All of them were acknowledged.'),
    ...(!sessionPresent && { violation: 'The session is gone, so nothing is shown.' }),
  };
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
