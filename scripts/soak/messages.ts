// A million messages through one connection, out and in again, at every QoS.
import { setMaxListeners } from 'node:events';
import { type Client, connect } from '../../src/client/index.js';
import type { QoS } from '../../src/packets/packet.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, none, scaled } from './area.js';
import { CountingClock, Growth } from './growth.js';

/** Messages on their way at once. */
const window = 100;
const payload = new Uint8Array(100);

export async function run(scale: number): Promise<readonly Figure[]> {
  const count = scaled(1_000_000, scale);
  const clock = new CountingClock();
  const { signal } = new AbortController(); // one for all, as a program has it
  setMaxListeners(0, signal);
  const growth = new Growth(clock, signal);
  const mosquitto = await startMosquitto({ log: 'errors', config: ['set_tcp_nodelay true'] });
  try {
    const client = await connect(mosquitto.url, { clock, signal, reconnect: true });
    await client.subscribe('soak/+');
    const run = new Run(client, signal);
    await run.pass(Math.ceil(count / 10));
    await growth.begin();
    await run.pass(count);
    const { inFlightOut, queuedOut, unackedIn, bufferedIn, dropped } = client.stats();
    const figures = await growth.figures();
    await client.disconnect();
    return [
      { name: 'messages, out and in', value: count },
      ...figures,
      none('left in the maps', inFlightOut + queuedOut + unackedIn + bufferedIn, 'All of it was finished.'),
      none('dropped', dropped, 'There was always a reader.'),
      none('repeated or strange acknowledgements', client.stats().ignored, 'The connection was never lost.'),
    ];
  } finally {
    await mosquitto.stop();
  }
}

class Run {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #messages;

  constructor(client: Client, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    this.#messages = client.messages({ signal });
  }

  /** Each message out, and in again. */
  async pass(count: number): Promise<void> {
    let sent = 0;
    const workers = Array.from({ length: window }, async () => {
      while (sent < count) {
        const qos = (sent++ % 3) as QoS; // 0, 1 or 2
        await this.#client.publish(`soak/${qos}`, payload, { qos, signal: this.#signal });
        // QoS 0 is not answered: without a breath it would fill every buffer on the way.
        if (qos === 0 && sent % window === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    });
    let pending = Promise.resolve<unknown>(undefined);
    for (let received = 0; received < count; received++) {
      const { value } = await this.#messages.next();
      pending = value!.ack(); // the stream has no end before the client's
    }
    await Promise.all([...workers, pending]);
  }
}
