import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const pictureDone = defineTopic('pictures/+picture/resized', {
  title: 'The size that a picture was made',
  payload: z.object({ width: z.number().int().positive(), height: z.number().int().positive() }),
  qos: 1,
});
