import {
  Controller,
  deadLetter,
  Inject,
  InvalidMessage,
  type Message,
  on,
  otherwise,
  reject,
  retry,
  Topic,
} from 'topicwise';
import { reading } from '../contracts/reading.js';
import { ReadingRepository } from '../reading-repository.js';

@Controller()
export class ReadingController {
  constructor(@Inject(ReadingRepository) private readonly readings: ReadingRepository) {}

  /** Acknowledged once the reading is stored; a reading that can't be stored becomes a dead letter, and is acknowledged then. */
  @Topic(reading, {
    errors: [
      on(InvalidMessage, reject(0x99)),
      otherwise(retry(4, { from: '200ms', max: '5s' }), deadLetter()),
    ],
  })
  onReading({ params, payload }: Message<typeof reading>) {
    this.readings.save({ ...payload, sensor: params.sensor });
  }
}
