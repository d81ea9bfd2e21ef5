import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const pictureJob = defineTopic('pictures/+picture/resize', {
  title: 'A picture to make smaller',
  payload: z.object({
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    largest: z.number().int().positive(),
  }),
  qos: 1,
});
