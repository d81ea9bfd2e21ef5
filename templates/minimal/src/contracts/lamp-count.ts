import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const lampCount = defineTopic('lamps/count', {
  title: 'How many lamps are on',
  payload: z.object({ on: z.number().int().min(0) }),
  qos: 1,
  retain: true,
});
