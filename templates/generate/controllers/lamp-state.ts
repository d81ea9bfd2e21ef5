import { Controller, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const lampState = defineTopic('lamp-state/+id', {
  payload: z.object({ value: z.number() }),
  qos: 1,
});

@Controller()
export class LampStateController {
  @Topic(lampState)
  onLampState({ params, payload, log }: Message<typeof lampState>) {
    log.info({ id: params.id, value: payload.value }, 'Handled.');
  }
}
