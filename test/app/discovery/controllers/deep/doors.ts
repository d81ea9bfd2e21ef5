import { Controller, Topic } from 'topicwise';

@Controller()
export class DoorController {
  @Topic('doors/+id') onDoor() {}
}
