// Cuts every connection of both clients at a random byte, again and again, under load.
import { seededRandom } from '../../src/time/index.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, scaled } from './area.js';
import { ByteProxy } from './byte-proxy.js';
import { Load } from './load.js';
import { persistence } from './restarts.js';

const seed = 20_261_123;

export async function run(scale: number): Promise<readonly Figure[]> {
  const rounds = scaled(200, scale);
  const mosquitto = await startMosquitto(persistence);
  const proxy = await ByteProxy.start(mosquitto.port, seededRandom(seed));
  try {
    const load = await Load.start(proxy);
    proxy.onCut = () => load.accounts.progress.made();
    await load.until(`${rounds} cuts`, () => proxy.cuts >= rounds);
    proxy.random = undefined;
    await load.passes(500);
    return [{ name: 'rounds', value: proxy.cuts }, { name: 'seed', value: seed }, ...(await load.finish())];
  } finally {
    await proxy.close();
    await mosquitto.stop();
  }
}
