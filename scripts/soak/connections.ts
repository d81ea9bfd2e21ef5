// Connects, talks a little and leaves, ten thousand times in one process.
import { setMaxListeners } from 'node:events';
import { connect } from '../../src/client/index.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, scaled } from './area.js';
import { CountingClock, Growth } from './growth.js';

export async function run(scale: number): Promise<readonly Figure[]> {
  const cycles = scaled(10_000, scale);
  const clock = new CountingClock();
  const { signal } = new AbortController(); // one for all, as a program has it
  setMaxListeners(0, signal);
  const growth = new Growth(clock, signal);
  const mosquitto = await startMosquitto({ log: 'errors', config: ['set_tcp_nodelay true'] });
  try {
    const cycle = async (number: number): Promise<void> => {
      await using client = await connect(mosquitto.url, { clock, signal, reconnect: true });
      await using stream = await client.stream({ filter: `soak/${number}` }, { signal });
      void client.states()[Symbol.asyncIterator]().next();
      await client.publish(`soak/${number}`, 'x', { qos: 2, signal });
      const { value } = await stream.next();
      await value?.ack();
    };
    const warmUp = Math.ceil(cycles / 4); // until then V8 still compiles, and keeps what it compiled
    for (let number = 0; number < warmUp; number++) await cycle(number);
    await growth.begin();
    for (let number = 0; number < cycles; number++) await cycle(number);
    return [{ name: 'cycles', value: cycles }, ...(await growth.figures())];
  } finally {
    await mosquitto.stop();
  }
}
