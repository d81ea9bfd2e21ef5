import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const setLamp = defineTopic('lamps/+lamp/set', {
  title: 'Switch a lamp',
  payload: z.object({ on: z.boolean() }),
  reply: z.object({ on: z.boolean(), changed: z.boolean() }),
  qos: 1,
  /** Seconds: a command that is older is not worth doing. */
  messageExpiryInterval: 10,
});
