// Named wildcards that are narrowed to values, and the filters that come of it.
import { type Contract, wrongParam } from '../../contracts/index.js';
import { type Pattern, TopicError, validateTopicName } from '../../topics/index.js';

/** What may be bound to a parameter: a value, or several. */
export type BoundTo = string | readonly string[];

/** The values of each parameter that is narrowed. */
export type Bound = Readonly<Record<string, readonly string[]>>;

/** How a route is narrowed, and what it subscribes to for it: with the prefix, without `$share/`. */
export interface Binding {
  readonly bound: Bound;
  readonly filters: readonly string[];
}

/** Filters that one route may come to, over all combinations of its values. */
const MAXIMUM_FILTERS = 10_000;

/** One wildcard of a pattern. */
interface Wildcard {
  readonly sign: '+' | '#';
  readonly name: string;
  /** It is the first level of the filter. */
  readonly isFirst: boolean;
}

/**
 * Narrows a pattern (which has the prefix) by those of `wanted` that are its parameters; what it does not name stays as in `before`. `+`, or `#` for a `#rest`, is the wildcard itself.
 * @throws TopicError for a value that can't stand there, and for too many of them.
 */
export function bindPattern(
  contract: Contract,
  pattern: Pattern,
  wanted: Readonly<Record<string, unknown>>,
  before: Bound = {},
): Binding {
  const bound: Record<string, readonly string[]> = { ...before };
  for (const wildcard of wildcardsOf(pattern)) {
    const { name } = wildcard;
    if (!Object.hasOwn(wanted, name)) continue;
    const values = valuesOf(contract, wildcard, wanted[name]);
    if (values === undefined) delete bound[name];
    else bound[name] = values;
  }
  return { bound, filters: filtersOf(pattern, bound) };
}

/** Every level at which the pattern has a name. */
function wildcardsOf({ pattern }: Pattern): Wildcard[] {
  return pattern.split('/').flatMap((level, at) => {
    const sign = level[0];
    if ((sign !== '+' && sign !== '#') || level.length === 1) return [];
    return [{ sign, name: level.slice(1), isFirst: at === 0 }];
  });
}

/** Undefined: the wildcard itself. */
function valuesOf(contract: Contract, wildcard: Wildcard, given: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const value of list) {
    if (value === wildcard.sign) continue;
    const wrong = wrongValue(wildcard, value) ?? wrongParam(contract, wildcard.name, value as string); // the first sees to texts
    if (wrong === undefined) continue;
    throw new TopicError(contract.pattern, `bind: ${wrong} (parameter "${wildcard.name}").`);
  }
  if (list.includes(wildcard.sign)) return undefined;
  return [...new Set(list as readonly string[])]; // checked above
}

function wrongValue({ sign, isFirst }: Wildcard, value: unknown): string | undefined {
  if (typeof value !== 'string') return `a value is of type ${typeof value}: write a text`;
  if (value === '') return `a value is empty: write the text of the level, or "${sign}" for any`;
  const quoted = JSON.stringify(value);
  const found = (sign === '+' ? /[/+#]/ : /[+#]/).exec(value);
  if (found)
    return `${quoted} contains ${JSON.stringify(found[0])}: a value stands for ${sign === '+' ? 'one whole level' : 'whole levels'}, without wildcards`;
  if (isFirst && value.startsWith('$'))
    return `${quoted} starts with "$": a wildcard at the first level matches no such topic`;
  return validateTopicName(value)?.replace(/\.$/, '');
}

function filtersOf({ pattern }: Pattern, bound: Bound): readonly string[] {
  const lists = pattern.split('/').map((level) => levelsFor(level, bound));
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (count > MAXIMUM_FILTERS)
    throw new TopicError(
      pattern,
      `bind: the values come to ${count} filters: ${MAXIMUM_FILTERS} is the most for one route. Bind fewer values, or leave a wildcard.`,
    );
  return lists.reduce<string[]>(
    (filters, list, at) =>
      at === 0 ? [...list] : filters.flatMap((filter) => list.map((level) => `${filter}/${level}`)),
    [],
  );
}

function levelsFor(level: string, bound: Bound): readonly string[] {
  const sign = level[0];
  if (sign !== '+' && sign !== '#') return [level];
  const name = level.slice(1);
  return (Object.hasOwn(bound, name) && bound[name]) || [sign];
}
