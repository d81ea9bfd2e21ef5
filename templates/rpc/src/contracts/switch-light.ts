import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const switchLight = defineTopic('switches/+lamp/light', {
  title: 'What the little light of a switch shows',
  payload: z.object({ colour: z.enum(['green', 'dark', 'red']), why: z.string().optional() }),
  qos: 1,
});
