import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const reading = defineTopic('sensors/+sensor/reading', {
  title: 'What a sensor measured',
  payload: z.object({
    /** Made by the sensor: a reading that is delivered twice is stored once. */
    id: z.uuid(),
    celsius: z.number().min(-90).max(60),
    at: z.iso.datetime(),
  }),
  qos: 1,
});
