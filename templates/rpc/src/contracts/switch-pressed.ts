import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const switchPressed = defineTopic('switches/+lamp/pressed', {
  title: 'Somebody pressed the switch of a lamp',
  payload: z.object({ on: z.boolean() }),
  qos: 1,
});
