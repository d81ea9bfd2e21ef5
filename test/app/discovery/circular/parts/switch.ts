import { Inject } from 'topicwise';
import { LampController } from '../bulbs.js';

export class Switch {
  // As the compiler writes the type of a parameter where it emits metadata: the class is read at once.
  constructor(@Inject(LampController) readonly lamp: LampController) {}
}
