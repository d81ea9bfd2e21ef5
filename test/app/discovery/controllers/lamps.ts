import { Controller, Topic } from 'topicwise';

@Controller()
export class LampController {
  @Topic('lamps/+id') onLamp() {}
}

export const notAController = 1;
