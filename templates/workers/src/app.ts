import { createApp } from 'topicwise';
import { PictureController } from './controllers/pictures.js';
import { type Env, env } from './env.js';

export function workerApp(env: Env) {
  return createApp({
    connection: { url: env.MQTT_URL, clientId: env.MQTT_CLIENT_ID },
    startup: { retry: true, timeout: '1m' },
    // The broker gives each message to one of the processes.
    share: 'workers',
    controllers: [PictureController],
  });
}

export const app = workerApp(env);
