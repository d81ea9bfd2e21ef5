import { type Client, type ConnectionState, type ConnectOptions, connect } from '../../src/client/index.js';
import { Accounts, type CountedQoS } from './accounts.js';
import { type Figure, none } from './area.js';
import type { BrokerAudit } from './broker-audit.js';
import type { ByteProxy } from './byte-proxy.js';

/** Publishes under way at once, for each QoS. */
const window = 30;

/** How a client of a soak connects: it comes back at once, and to its session. */
export const persistent: ConnectOptions = {
  cleanStart: false,
  sessionExpiryInterval: 3_600,
  reconnect: { initial: true, minDelay: 5, maxDelay: 100 },
  offline: { maxMessages: 1_000, overflow: 'reject' },
  receiveMaximumExceeded: 'pause', // mosquitto 2.0.11 overdraws while it has a backlog
};

/** A client's options by which the ends of its connections are counted, by what ended them. */
function counting(ends: Map<string, number>): Pick<ConnectOptions, 'hooks'> {
  const stateChange = (state: ConnectionState) => {
    if (state.state !== 'waiting') return;
    const { last } = state;
    const why =
      last.by === 'server' ? `${last.packet} ${last.reasonCode}` : `${last.by}: ${last.cause?.message}`;
    ends.set(why, (ends.get(why) ?? 0) + 1);
  };
  return { hooks: { stateChange } };
}

/** A publisher and a subscriber that never rest, with the account of what one promised and the other got. */
export class Load {
  readonly accounts = new Accounts();
  readonly #publisher: Client;
  readonly #subscriber: Client;
  readonly #audit: BrokerAudit;
  readonly #ends: ReadonlyMap<string, number>;
  readonly #workers: Promise<void>[] = [];
  readonly #reading: Promise<void>;
  #stopping = false;
  #next = 1;
  #rejected = 0;
  #firstRejection: unknown;

  private constructor(
    publisher: Client,
    subscriber: Client,
    audit: BrokerAudit,
    ends: ReadonlyMap<string, number>,
  ) {
    this.#audit = audit;
    this.#ends = ends;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#reading = this.#read();
    for (const qos of [1, 2] as const) {
      for (let worker = 0; worker < window; worker++) this.#workers.push(this.#publish(qos));
    }
  }

  static async start({ url, audit }: ByteProxy): Promise<Load> {
    const ends = new Map<string, number>();
    const subscriber = await connect(url, { ...persistent, ...counting(ends), clientId: 'soak-subscriber' });
    await subscriber.subscribe({ filter: 'soak/+', maximumQoS: 2 });
    const publisher = await connect(url, { ...persistent, ...counting(ends), clientId: 'soak-publisher' });
    return new Load(publisher, subscriber, audit, ends);
  }

  /** Resolves once so many more messages were promised and so many more arrived. */
  async passes(count: number): Promise<void> {
    const { promises, arrivals } = this.accounts;
    await this.until(
      `${count} messages`,
      () => this.accounts.promises >= promises + count && this.accounts.arrivals >= arrivals + count,
    );
  }

  /** Resolves once both clients are back, and then so many more messages have passed. */
  async recovers(count: number): Promise<void> {
    await this.until('both clients to be back', () => this.#isConnected);
    await this.passes(count);
  }

  get #isConnected(): boolean {
    return this.#publisher.state.state === 'connected' && this.#subscriber.state.state === 'connected';
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return this.accounts.progress.until(what, holds, () => ({
      promises: this.accounts.promises,
      missing: this.accounts.missing,
      publisher: { state: this.#publisher.state.state, ...this.#publisher.stats() },
      subscriber: { state: this.#subscriber.state.state, ...this.#subscriber.stats() },
    }));
  }

  /** Publishes no more, waits until everything arrived, and tells. */
  async finish(): Promise<Figure[]> {
    this.#stopping = true;
    let ended = false;
    const workers = Promise.all(this.#workers).then(() => {
      ended = true;
      this.accounts.progress.made();
    });
    await this.until('the last publishes', () => ended);
    await workers;
    await this.until('the last messages', () => this.accounts.missing === 0);
    const [out, back] = [this.#publisher.stats(), this.#subscriber.stats()];
    await Promise.all([this.#publisher.disconnect(), this.#subscriber.disconnect()]);
    await this.#reading;
    return [
      ...this.accounts.figures('publisher to subscriber', this.#audit.repeated),
      none('publishes rejected', this.#rejected, `The first: ${String(this.#firstRejection)}`),
      { name: 'reconnects', value: out.reconnects + back.reconnects },
      ...[...this.#ends].map(([why, times]) => ({
        name: `ended by ${why}`,
        value: times,
      })),
      none(
        'left in the maps of the publisher',
        out.inFlightOut + out.queuedOut,
        'Something was not cleaned up.',
      ),
      none('left in the maps of the subscriber', back.bufferedIn, 'Something was not cleaned up.'),
    ];
  }

  async #publish(qos: CountedQoS): Promise<void> {
    while (!this.#stopping) {
      const id = this.#next++;
      try {
        await this.#publisher.publish(`soak/${qos}`, String(id), { qos });
        this.accounts.promised(qos, id);
      } catch (error) {
        this.#rejected++;
        this.#firstRejection ??= error;
        this.accounts.progress.made();
        if (this.#publisher.state.state === 'closed') return;
      }
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.#subscriber.messages()) {
        this.accounts.arrived(message.topic === 'soak/1' ? 1 : 2, Number(message.text()));
        void message.ack();
      }
    } catch (error) {
      this.accounts.progress.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
