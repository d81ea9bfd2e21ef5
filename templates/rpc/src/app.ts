import { createApp } from 'topicwise';
import { LampController } from './controllers/lamps.js';
import { SwitchController } from './controllers/switches.js';
import { env } from './env.js';
import { Lamps } from './lamps.js';

export const app = createApp({
  connection: { url: env.MQTT_URL, clientId: env.MQTT_CLIENT_ID },
  startup: { retry: true, timeout: '1m' },
  controllers: [LampController, SwitchController],
  providers: [{ provide: Lamps, useClass: Lamps }],
});
