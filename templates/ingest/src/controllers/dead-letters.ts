import { Controller, Inject, type Message, Topic } from 'topicwise';
import { DeadLetterFile } from '../dead-letter-file.js';

/** Keeps dead letters. A broker forgets what nobody subscribes to. */
@Controller()
export class DeadLetterController {
  constructor(@Inject(DeadLetterFile) private readonly file: DeadLetterFile) {}

  @Topic('dead-letter/#topic', { qos: 1 })
  async onDeadLetter({ params, payload, properties }: Message<'dead-letter/#topic'>) {
    await this.file.add({
      topic: params.topic,
      payload: Buffer.from(payload).toString('base64'),
      story: Object.fromEntries(properties.userProperties),
    });
  }
}
