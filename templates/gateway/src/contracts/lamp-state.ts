import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const lampState = defineTopic('lamps/+lamp/state', {
  title: 'What a lamp does',
  payload: z.object({ on: z.boolean() }),
  qos: 1,
  retain: true,
});
