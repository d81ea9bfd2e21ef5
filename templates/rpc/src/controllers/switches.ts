import { Controller, Inject, type Message, Publisher, ReplyError, Topic } from 'topicwise';
import { RequestTimeoutError } from 'topicwise/client';
import { setLamp } from '../contracts/set-lamp.js';
import { switchLight } from '../contracts/switch-light.js';
import { switchPressed } from '../contracts/switch-pressed.js';

/** The other side: asks, and copes with every answer, and with none. */
@Controller()
export class SwitchController {
  constructor(@Inject(Publisher) private readonly publisher: Publisher) {}

  @Topic(switchPressed, { sends: [switchLight] })
  async onPressed({ params, payload: { on }, signal }: Message<typeof switchPressed>) {
    try {
      const reply = await this.publisher.request(setLamp.to(params), { on }, { timeout: '8s', signal });
      return switchLight.message(params, { colour: reply.on ? 'green' : 'dark' });
    } catch (error) {
      if (error instanceof ReplyError) return switchLight.message(params, { colour: 'red', why: error.code });
      if (error instanceof RequestTimeoutError)
        return switchLight.message(params, { colour: 'red', why: 'no-answer' });
      throw error;
    }
  }
}
