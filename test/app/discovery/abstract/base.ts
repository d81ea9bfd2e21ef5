import { Controller, Topic } from 'topicwise';

// The abstract class LampController is none of them, whatever this comment says.
@Controller()
export abstract class AnyLampController {
  @Topic('lamps') onLamp() {}
}

@Controller()
export class LampController extends AnyLampController {}
