import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const status = defineTopic('socks/+drawer/status', {
  title: 'What lies in a sock drawer',
  payload: z.object({
    message: z.number().int().positive(),
    pairs: z.number().int().min(0),
    clean: z.boolean(),
  }),
  qos: 1,
});
