import { createApp } from 'topicwise';
import { LampController } from './controllers/lamps.js';
import { env } from './env.js';
import { LampBoard } from './lamp-board.js';

/** MQTT writes it, HTTP reads it. */
export const board = new LampBoard();

export const app = createApp({
  connection: { url: env.MQTT_URL, clientId: env.MQTT_CLIENT_ID },
  startup: { retry: true, timeout: '1m' },
  controllers: [LampController],
  providers: [{ provide: LampBoard, useValue: board }],
});
