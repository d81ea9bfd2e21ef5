import { expect, it } from 'vitest';
import { deadLetterProperties } from '../../../src/app/policies/dead-letter.js';
import { letterOf } from '../../../src/cli/dead-letters/letter.js';
import type { Message } from '../../../src/client/index.js';

const original = {
  topic: 'site-a/sensors/7/reading',
  qos: 2,
  payload: Uint8Array.of(1, 2),
  payloadFormat: 'utf8',
  contentType: 'application/json',
  responseTopic: 'answers',
  correlationData: Uint8Array.of(9),
  messageExpiryInterval: 60,
  userProperties: [
    ['traceparent', '00-1'],
    ['dl-like', 'but not ours'],
    ['traceparent', '00-2'],
  ],
} as unknown as Message; // what is asked of it is there

it('rule 12: is what the framework made of a message, and gives it back', () => {
  const story = {
    route: 'SensorController.onReading',
    error: new RangeError('too hot'),
    attempts: 4,
    firstSeen: 0,
  };
  const dead = {
    ...original,
    topic: 'site-a/dead-letter/sensors/7/reading',
    qos: 1,
    messageExpiryInterval: undefined,
    ...deadLetterProperties(original, story),
  } as Message;
  expect(letterOf(dead, 3, 'site-a/')).toEqual({
    number: 3,
    message: dead,
    topic: 'site-a/sensors/7/reading',
    handler: 'SensorController.onReading',
    error: 'RangeError',
    reason: 'too hot',
    attempts: '4',
    firstSeen: '1970-01-01T00:00:00.000Z',
    qos: 2,
    original: {
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: Uint8Array.of(9),
      payloadFormat: 'utf8',
      messageExpiryInterval: 60,
      userProperties: original.userProperties,
    },
  });
});

it('tells of one without a story only the topic, which MQTT 3.1.1 leaves in its own', () => {
  const bare = (topic: string) =>
    letterOf({ topic, payloadFormat: 'bytes', userProperties: [] } as unknown as Message, 1, 'site-a/'); // as above
  expect(bare('site-a/dead-letter/sensors/7/reading')).toMatchObject({
    topic: 'site-a/sensors/7/reading',
    handler: undefined,
    error: undefined,
    qos: 1,
    original: {},
  });
  expect(bare('failed/7').topic).toBeUndefined();
});
