import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const lampState = defineTopic('lamp-state/+id', {
  payload: z.object({ value: z.number() }),
  qos: 1,
});
