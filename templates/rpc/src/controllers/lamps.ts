import { Controller, drop, Inject, type Message, otherwise, ReplyError, Topic } from 'topicwise';
import { setLamp } from '../contracts/set-lamp.js';
import { Lamps } from '../lamps.js';

@Controller()
export class LampController {
  constructor(@Inject(Lamps) private readonly lamps: Lamps) {}

  /**
   * What it returns is the reply; a ReplyError is a reply too. Any other error reaches the requester as `failed`: nobody
   * waits for a command that is tried again later, so it is dropped.
   */
  @Topic(setLamp, { timeout: '5s', errors: [otherwise(drop())] })
  async onSet({ params: { lamp }, payload: { on }, signal }: Message<typeof setLamp>) {
    const before = this.lamps.state(lamp);
    if (before === undefined) throw new ReplyError('not-found', `There is no lamp ${lamp}.`);
    if (before !== on) await this.lamps.switch(lamp, on, signal);
    return { on, changed: before !== on };
  }
}
