import { Controller, Topic } from 'topicwise';

@Controller()
export class LampController {
  @Topic('lamps') onLamp() {}
}

@Controller()
class DoorController {
  @Topic('doors') onDoor() {}
}

export const doors = () => new DoorController();
