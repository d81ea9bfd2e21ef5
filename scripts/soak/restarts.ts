// Stops mosquitto as an administrator does, and starts it again, under load.
import { startMosquitto } from '../../test/support/mosquitto.js';
import { type Figure, scaled } from './area.js';
import { ByteProxy } from './byte-proxy.js';
import { Load } from './load.js';

/**
 * Sessions outlive mosquitto, which saves them every second and when it is stopped. A mosquitto 2.0.11 that starts again takes only as many messages for
 * sent as `max_inflight_messages` says, and sends the PUBLISH of the others again, also where its PUBREL was on its way (persist__client_msg_chunk_restore): so
 * the number is above all that is ever under way. 65,535 would count as none.
 */
export const persistence = {
  persistence: true,
  log: 'errors',
  config: ['autosave_interval 1', 'set_tcp_nodelay true', 'max_inflight_messages 30000'],
} as const;

export async function run(scale: number): Promise<readonly Figure[]> {
  const rounds = scaled(50, scale);
  const mosquitto = await startMosquitto(persistence);
  const proxy = await ByteProxy.start(mosquitto.port);
  try {
    const load = await Load.start(proxy);
    for (let round = 0; round < rounds; round++) {
      await load.recovers(500);
      await mosquitto.restart();
    }
    await load.recovers(500);
    return [{ name: 'rounds', value: rounds }, ...(await load.finish())];
  } finally {
    await proxy.close();
    await mosquitto.stop();
  }
}
