// Stops mosquitto as an administrator does, and starts it again, under load.
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, scaled } from './area.js';
import { Load } from './load.js';

/** Sessions outlive mosquitto, which saves them every second and when it is stopped. */
export const persistence = {
  persistence: true,
  log: 'errors',
  config: ['autosave_interval 1', 'set_tcp_nodelay true'],
} as const;

export async function run(scale: number): Promise<readonly Figure[]> {
  const rounds = scaled(50, scale);
  const mosquitto = await startMosquitto(persistence);
  try {
    const load = await Load.start(mosquitto.url);
    for (let round = 0; round < rounds; round++) {
      await load.passes(500);
      await mosquitto.restart();
    }
    await load.passes(500);
    return [{ name: 'rounds', value: rounds }, ...(await load.finish())];
  } finally {
    await mosquitto.stop();
  }
}
