import { expect, it } from 'vitest';
import { DeadLetterTopics } from '../../../src/app/policies/dead-letter-topics.js';

const on = (topic: string) => ({ topic, userProperties: [] });

it('knows a dead letter by its mark and where it goes by default, whatever the protocol', () => {
  for (const protocolVersion of [4, 5] as const) {
    const topics = new DeadLetterTopics({ prefix: 'p/', protocolVersion, named: [] });
    expect(topics.includes(on('p/dead-letter/a'))).toBe(true);
    expect(topics.includes({ topic: 'a', userProperties: [['dl-topic', 'b']] })).toBe(true);
    expect(topics.includes(on('dead-letter/a'))).toBe(false);
    expect(topics.includes({ topic: 'a', userProperties: [['other', 'b']] })).toBe(false);
  }
});

it('needs the topics of policies on MQTT 3.1.1 alone', () => {
  for (const protocolVersion of [4, 5] as const) {
    const topics = new DeadLetterTopics({ prefix: '', protocolVersion, named: ['lost'] });
    topics.choose('lost/1');
    expect(topics.includes(on('lost'))).toBe(protocolVersion === 4);
    expect(topics.includes(on('lost/1'))).toBe(protocolVersion === 4);
    expect(topics.includes(on('lost/2'))).toBe(false);
  }
});

it('remembers the 1,000 latest topics that functions named, and all that were written', () => {
  const topics = new DeadLetterTopics({ prefix: '', protocolVersion: 4, named: ['lost'] });
  topics.choose('lost/first');
  for (let n = 1; n < 1_000; n++) topics.choose(`lost/${n}`);
  topics.choose('lost/first');
  topics.choose('lost/1000');
  expect(topics.includes(on('lost/first'))).toBe(true);
  expect(topics.includes(on('lost/1'))).toBe(false);
  expect(topics.includes(on('lost/2'))).toBe(true);
  expect(topics.includes(on('lost'))).toBe(true);
});
