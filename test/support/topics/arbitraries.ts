import fc from 'fast-check';

/** Few different levels, so that filters and topics meet often; the empty one and the ones with `$` among them. */
const text = fc.constantFrom('a', 'b', '', '$s');

export const topic: fc.Arbitrary<string> = fc
  .array(text, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((it) => it !== '');

export const filter: fc.Arbitrary<string> = fc
  .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: text }, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
  .filter((it) => it !== '');

/** The rules of section 4.7 written down as plainly as can be: slow, recursive, and independent of what it judges. */
export function plainlyMatches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  return levelsMatch(filter.split('/'), topic.split('/'));
}

function levelsMatch([f, ...filters]: string[], [t, ...topics]: string[]): boolean {
  if (f === '#') return true;
  if (f === undefined || t === undefined) return f === t;
  if (f !== '+' && f !== t) return false;
  return levelsMatch(filters, topics) || (topics.length === 0 && filters.join('/') === '#');
}

/** Every topic of at most so many of these levels. */
export function allTopics(levels: readonly string[], most: number): string[] {
  let ending: string[] = [...levels];
  const all = [...ending];
  for (let length = 2; length <= most; length++) {
    ending = ending.flatMap((start) => levels.map((level) => `${start}/${level}`));
    all.push(...ending);
  }
  return all;
}

/** Every filter of at most so many of these levels and `+`, with and without `#` behind. */
export function allFilters(levels: readonly string[], most: number): string[] {
  const plain = allTopics([...levels, '+'], most);
  return ['#', ...plain, ...plain.map((filter) => `${filter}/#`)];
}
