import { Controller, Inject, Topic } from 'topicwise';
import { Switch } from './parts/switch.js';

@Controller()
export class LampController {
  constructor(@Inject(() => Switch) readonly control: Switch) {}
  @Topic('lamps') onLamp() {}
}
