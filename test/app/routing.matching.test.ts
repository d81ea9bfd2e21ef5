// Rule 4: the router, the client's streams and the broker agree with one table of what matches what.
import { createApp } from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { DeadLetterTopics } from '../../src/app/policies/dead-letter-topics.js';
import { groupRoutes, type Subscribing } from '../../src/app/routes/route-group.js';
import { RouteTable } from '../../src/app/routes/route-table.js';
import { TopicPrefix } from '../../src/app/routes/topic-prefix.js';
import { parseSharedFilter } from '../../src/topics/index.js';
import { matchingCases } from '../topics/matching-cases.js';

const table = matchingCases.map((row) => {
  const shared = parseSharedFilter(row.filter);
  return { ...row, share: shared?.share, filter: shared?.filter ?? row.filter };
});
const filters = [...new Set(table.map(({ filter }) => filter))];
const topics = [...new Set(table.map(({ topic }) => topic))];

/** The last topic; no wildcard of the table matches it. */
const end = '$the/end';

/** What the table says, against which of the filters got the topic. */
function hold(topic: string, reached: (filter: string) => boolean): void {
  for (const { filter, matches, why } of table.filter((row) => row.topic === topic))
    expect([filter, topic.slice(0, 40), why, reached(filter)]).toEqual([
      filter,
      topic.slice(0, 40),
      why,
      matches,
    ]);
}

const subscribing: Omit<Subscribing, 'name' | 'filters'> & { deadLetters: boolean } = {
  share: undefined,
  qos: 1,
  retained: 'send',
  noLocal: false,
  retainAsPublished: false,
  deadLetters: false,
};

describe('rule 4: the table of what matches what, in', () => {
  it.each(['by identifier', 'by topic'] as const)('the router, %s', (how) => {
    const routes = filters.map((name) => ({ ...subscribing, name, filters: [name] }));
    const routeTable = new RouteTable<(typeof routes)[number]>({
      overlap: 'all',
      prefix: new TopicPrefix(),
      deadLetters: new DeadLetterTopics({ prefix: '', protocolVersion: 5, named: [] }),
      onStale: () => {},
    });
    const grouped = groupRoutes(routes, []);
    routeTable.show(grouped);
    const identifiers = grouped.map(({ identifier }) => identifier);
    for (const topic of topics) {
      const subscriptionIdentifiers = how === 'by topic' ? [] : identifiers;
      const found = routeTable.match({ topic, subscriptionIdentifiers, userProperties: [] }) ?? [];
      hold(topic, (filter) => found.some(({ name }) => name === filter));
    }
  });

  it('the streams of a client', async () => {
    await using broker = new FakeBroker();
    await using client = await connect(broker.endpoint, { clock: broker.clock });
    const reading = filters.map(async (filter) => {
      const reached = new Set<string>();
      for await (const message of await client.stream([filter, end])) {
        await message.ack();
        if (message.topic === end) break;
        reached.add(message.topic);
      }
      return [filter, reached] as const;
    });
    await client.subscribe('$all/subscribed'); // behind those of the streams
    for (const topic of [...topics, end]) broker.publish({ topic, payload: 'x', qos: 1 });
    const got = new Map(await Promise.all(reading));
    for (const topic of topics) hold(topic, (filter) => got.get(filter)?.has(topic) ?? false);
  });

  it('the broker, for one subscriber each', async () => {
    await using broker = new FakeBroker();
    const client = await connect(broker.endpoint, { clock: broker.clock });
    for (const [at, filter] of filters.entries()) await client.subscribe(filter, { id: at + 1 });
    await client.subscribe(end);
    const got = new Map<string, readonly number[]>();
    for (const topic of [...topics, end]) broker.publish({ topic, payload: 'x', qos: 1 });
    for await (const message of client.messages()) {
      got.set(message.topic, message.subscriptionIdentifiers);
      await message.ack();
      if (message.topic === end) break;
    }
    for (const topic of topics)
      hold(topic, (filter) => (got.get(topic) ?? []).includes(filters.indexOf(filter) + 1));
    await client.disconnect();
  });

  it('an application, from end to end', async () => {
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'app' } });
    const got = new Map<string, string[]>();
    for (const filter of filters)
      app.on(filter, ({ topic }) => void got.set(topic, [...(got.get(topic) ?? []), filter]), {
        name: filter,
      });
    await using t = await createTestApp(app, { broker: new FakeBroker() });
    for (const topic of topics) t.broker.publish({ topic, payload: 'x', qos: 1 });
    await t.settled();
    for (const topic of topics) {
      hold(topic, (filter) => (got.get(topic) ?? []).includes(filter));
      expect(new Set(got.get(topic) ?? []).size).toBe((got.get(topic) ?? []).length);
    }
  });
});
