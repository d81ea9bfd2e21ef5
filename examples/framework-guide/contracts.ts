import { defineTopic } from 'topicwise';
import { z } from 'zod';

/** Everything about one topic, once: its handlers, publishers, tests and documentation share it. */
export const reading = defineTopic('sites/+site/sensors/+id/reading', {
  title: 'What a sensor measured',
  params: { id: z.coerce.number().int() }, // text in the topic, a number in the handler; `site` stays text
  payload: z.object({ celsius: z.number(), at: z.iso.datetime().transform((text) => new Date(text)) }),
  qos: 1,
  messageExpiryInterval: 3600, // seconds
  examples: [{ celsius: 21.5, at: '2026-01-01T12:00:00Z' }],
});

export const topic = reading.to({ site: 'ams1', id: 7 }).address; // 'sites/ams1/sensors/7/reading'
export const params = reading.match(topic); // { site: 'ams1', id: 7 }; undefined for a topic that does not fit
