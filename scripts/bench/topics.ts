// What matching costs: CPU time of this process per call, the median of a few rounds.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { matches, parsePattern, TopicTrie, validateTopicName } from '../../src/topics/index.js';
import type { Row } from './row.js';

const CALLS = 100_000;
/** The first one warms up. */
const ROUNDS = 6;

export async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  // Before the tries: between their nodes the topics would lie scattered, and reading them would be what is measured.
  const again = rounds((i) => topicOf((i * 7919) % 1000));
  for (const count of [100, 10_000, 100_000]) {
    const news = rounds((i) => `${topicOf((i * 7919) % count)}/${i}`);
    const filters = Array.from({ length: count }, (_, i) => filterOf(i));
    const before = heap();
    const trie = filled(filters);
    const bytes = (heap() - before) / count;
    const bare = filled(filters, { cachedTopics: 0 });
    const n = `1 topic against ${count.toLocaleString('en')} filters`;
    rows.push(
      ns(
        `${n}, 1,000 topics again and again`,
        perCall(again, (t) => trie.match(t).length),
      ),
      ns(
        `${n}, every topic new`,
        perCall(news, (t) => trie.match(t).length),
      ),
      ns(
        `${n}, every topic new, no cache`,
        perCall(news, (t) => bare.match(t).length),
      ),
    );
    if (count > 100)
      rows.push({ name: `memory per filter of ${count.toLocaleString('en')}`, value: bytes, unit: 'bytes' });
  }
  const many = Array.from({ length: 100_000 }, (_, i) => filterOf(i));
  rows.push(ns('add a filter, 100,000 of them', (cpu(() => void filled(many)) * 1000) / many.length));
  const pattern = parsePattern('plant/+plant/line/+line/temperature');
  rows.push(
    ns(
      'matches(filter, topic)',
      perCall(again, (t) => Number(matches('plant/+/line/+/temperature', t))),
    ),
    ns(
      'Pattern.match with 2 parameters',
      perCall(again, (t) => pattern.match(t)?.plant.length ?? 0),
    ),
    ns(
      'validateTopicName',
      perCall(again, (t) => validateTopicName(t)?.length ?? 0),
    ),
  );
  const deep = `plant/1/line/1/temperature${'/x'.repeat(30_000)}`;
  const trie = filled(many.slice(0, 1000));
  rows.push(
    ns(
      '1 topic of 30,000 levels against 1,000 filters',
      perCall(Array(ROUNDS).fill(Array(1000).fill(deep)), (t) => trie.match(t).length),
    ),
  );
  return rows;
}

/** Seven in ten exact, two with `+`, one with `#`. */
function filterOf(i: number): string {
  if (i % 10 === 9) return `plant/${i % 50}/line/${i}/#`;
  if (i % 10 >= 7) return `plant/+/line/${i}/temperature`;
  return topicOf(i);
}

function topicOf(i: number): string {
  return `plant/${i % 50}/line/${i}/temperature`;
}

function filled(filters: readonly string[], options?: { cachedTopics: number }): TopicTrie<number> {
  const trie = new TopicTrie<number>(options);
  for (const [i, filter] of filters.entries()) trie.add(filter, i);
  return trie;
}

/** Topics as they come from the wire: each its own string, whose hash nobody has computed yet, and new ones for each round. */
function rounds(topic: (i: number) => string): string[][] {
  return Array.from({ length: ROUNDS }, (_, round) =>
    Array.from({ length: CALLS }, (_, i) => Buffer.from(topic(i + round * CALLS)).toString()),
  );
}

/** Nanoseconds of CPU per call. */
function perCall(topics: readonly (readonly string[])[], call: (topic: string) => number): number {
  let sum = 0;
  const figures = topics.map((round) => {
    const micros = cpu(() => {
      for (const topic of round) sum += call(topic);
    });
    return (micros * 1000) / round.length;
  });
  if (Number.isNaN(sum)) throw new Error('bench: a match was no number');
  const [, ...warm] = figures;
  return warm.sort((a, b) => a - b)[warm.length >> 1] as number; // there are ROUNDS - 1
}

/** Microseconds of CPU, all threads: what collecting garbage costs is part of it. */
function cpu(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function ns(name: string, value: number): Row {
  return { name, value, unit: 'ns' };
}
