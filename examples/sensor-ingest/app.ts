import { Controller, createApp, defineTopic, Inject, type Message, Topic } from 'topicwise';
import { z } from 'zod';
import { ReadingRepository } from './repository.js';

export const reading = defineTopic('sensors/+id/reading', { payload: z.object({ celsius: z.number() }) });

@Controller()
export class SensorController {
  constructor(@Inject(ReadingRepository) private readonly repository: ReadingRepository) {}

  @Topic(reading)
  async onReading({ params, payload }: Message<typeof reading>) {
    await this.repository.save(params.id, payload.celsius);
  }
}

const connection = { url: 'mqtt://localhost', clientId: 'sensor-ingest' };
export const app = createApp({ connection, controllers: [SensorController] });
