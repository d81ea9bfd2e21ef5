import { createApp } from 'topicwise';
import { PictureController } from './controllers/pictures.js';
import { clientId, type Env, env } from './env.js';

export function workerApp(env: Env) {
  return createApp({
    connection: { url: env.MQTT_URL, clientId: clientId(env) },
    startup: { retry: true, timeout: '1m' },
    // Ctrl-C reaches every process of a terminal: a worker leaves it to the first process, which passes it on.
    shutdown: { signals: env.WORKER === undefined ? ['SIGINT', 'SIGTERM'] : ['SIGTERM'] },
    controllers: [PictureController],
  });
}

export const app = workerApp(env);
