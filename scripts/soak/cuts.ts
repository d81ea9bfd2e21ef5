// Cuts every connection of both clients at a random byte, again and again, under load.
import { seededRandom } from '../../src/time/index.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, scaled } from './area.js';
import { CuttingProxy } from './cutting-proxy.js';
import { Load } from './load.js';
import { persistence } from './restarts.js';

const seed = 20_261_123;

export async function run(scale: number): Promise<readonly Figure[]> {
  const rounds = scaled(200, scale);
  const mosquitto = await startMosquitto(persistence);
  let load: Load | undefined;
  const proxy = await CuttingProxy.start(mosquitto.port, seededRandom(seed), () =>
    load?.accounts.progress.made(),
  );
  try {
    load = await Load.start(proxy.url);
    await load.until(`${rounds} cuts`, () => proxy.cuts >= rounds);
    proxy.cutting = false;
    await load.passes(500);
    return [{ name: 'rounds', value: proxy.cuts }, { name: 'seed', value: seed }, ...(await load.finish())];
  } finally {
    await proxy.close();
    await mosquitto.stop();
  }
}
