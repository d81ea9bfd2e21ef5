import { createApp } from 'topicwise';
import { DeadLetterController } from './controllers/dead-letters.js';
import { ReadingController } from './controllers/readings.js';
import { DeadLetterFile } from './dead-letter-file.js';
import { env } from './env.js';
import { ReadingRepository } from './reading-repository.js';

export const app = createApp({
  connection: { url: env.MQTT_URL, clientId: env.MQTT_CLIENT_ID, sessionExpiryInterval: 24 * 60 * 60 },
  startup: { retry: true, timeout: '1m' },
  controllers: [ReadingController, DeadLetterController],
  providers: [
    { provide: ReadingRepository, useFactory: () => new ReadingRepository(env.DATABASE_FILE) },
    { provide: DeadLetterFile, useFactory: () => new DeadLetterFile(env.DEAD_LETTER_FILE) },
  ],
});
