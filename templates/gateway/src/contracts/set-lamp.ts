import { defineTopic } from 'topicwise';
import { z } from 'zod';

export const lampOrder = z.object({ on: z.boolean() });

export const setLamp = defineTopic('lamps/+lamp/set', {
  title: 'Switch a lamp',
  payload: lampOrder,
  qos: 1,
  /** Seconds: a command that is older is not worth doing. */
  messageExpiryInterval: 10,
});
