import { expect, it } from 'vitest';
import { z } from 'zod';
import { contractsOfTopic } from '../../../src/cli/addressing/contracts-of-topic.js';
import { type AnyTopic, defineTopic } from '../../../src/contracts/index.js';

const contracts = new Map<string, AnyTopic>([
  ['everything', defineTopic('#')],
  ['bare', defineTopic('socks/+id')],
  ['socks', defineTopic('socks/+id', { payload: z.string(), params: { id: z.string().max(3) } })],
  ['hall', defineTopic('socks/hall')],
  ['lamps', defineTopic('lamps/+id')],
]);
const names = (topic: string) => contractsOfTopic(topic, contracts).map(({ name }) => name);

it('finds those that match, the one that says most about the topic first', () => {
  expect(names('socks/hall')).toEqual(['hall', 'socks', 'bare', 'everything']);
  expect(names('socks/9')).toEqual(['socks', 'bare', 'everything']);
  expect(names('$SYS/uptime')).toEqual([]);
});

it('tells the parameters as they stand in the topic, and which does not fit its schema', () => {
  const [socks] = contractsOfTopic('socks/attic', contracts);
  expect(socks).toMatchObject({ name: 'socks', params: { id: 'attic' } });
  expect(socks?.wrongParams).toMatch(/^The topic "socks\/attic" does not fit "socks\/\+id": id: /);
});
