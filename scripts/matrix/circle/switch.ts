import { Inject } from 'topicwise';
import { Lamp } from './lamp.js';

export class Switch {
  constructor(@Inject(() => Lamp) readonly lamp: Lamp) {}
}
