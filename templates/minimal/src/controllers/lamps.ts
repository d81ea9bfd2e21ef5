import { Controller, type Message, Topic } from 'topicwise';
import { lampCount } from '../contracts/lamp-count.js';
import { lampState } from '../contracts/lamp-state.js';

@Controller()
export class LampController {
  readonly #on = new Set<string>();

  /** The message is acknowledged once this has returned and what it returns was published. */
  @Topic(lampState, { sends: [lampCount] })
  onState({ params, payload }: Message<typeof lampState>) {
    if (payload.on) this.#on.add(params.lamp);
    else this.#on.delete(params.lamp);
    return lampCount.message({}, { on: this.#on.size });
  }
}
