import { Controller, Inject, Topic } from 'topicwise';
import { Switch } from './switch.js';

@Controller()
export class Lamp {
  constructor(@Inject(() => Switch) readonly control: Switch) {}
  @Topic('lamp') onLamp() {}
}
