// Keywords of a schema that only ever take values away: limits, patterns, formats.
import type { Effect } from './diff-schemas.js';
import type { JsonObject } from './json-object.js';

/** Keyword -> how it reads. A greater value lets less pass. */
const least: Readonly<Record<string, string>> = {
  minimum: 'the minimum',
  exclusiveMinimum: 'the exclusive minimum',
  minLength: 'the least length',
  minItems: 'the least number of elements',
  minProperties: 'the least number of properties',
};
/** A smaller value lets less pass. */
const most: Readonly<Record<string, string>> = {
  maximum: 'the maximum',
  exclusiveMaximum: 'the exclusive maximum',
  maxLength: 'the greatest length',
  maxItems: 'the greatest number of elements',
  maxProperties: 'the greatest number of properties',
};
/** Of these nobody can tell which value lets more pass. */
const others: Readonly<Record<string, string>> = {
  pattern: 'the pattern',
  format: 'the format',
  multipleOf: 'the step',
  uniqueItems: 'uniqueItems',
  contains: 'contains',
  propertyNames: 'the names of its properties',
  patternProperties: 'patternProperties',
  dependencies: 'dependencies',
  allOf: 'allOf',
  not: 'not',
  if: 'if',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: 'then',
  else: 'else',
};

export interface LimitChange {
  readonly effect: Effect;
  readonly what: string;
}

export function limitChanges(before: JsonObject, after: JsonObject): readonly LimitChange[] {
  return [
    ...changes(least, before, after, (one, other) => (other > one ? 'narrower' : 'wider')),
    ...changes(most, before, after, (one, other) => (other < one ? 'narrower' : 'wider')),
    ...changes(others, before, after, () => 'different'),
  ];
}

function changes(
  keywords: Readonly<Record<string, string>>,
  before: JsonObject,
  after: JsonObject,
  changed: (one: number, other: number) => Effect,
): LimitChange[] {
  return Object.entries(keywords).flatMap(([keyword, name]): LimitChange[] => {
    const one = limitOf(before, keyword);
    const other = limitOf(after, keyword);
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    if (one === undefined)
      return [{ effect: 'narrower', what: `has a limit more, ${name} (${shown(other)})` }];
    if (other === undefined) return [{ effect: 'wider', what: `has a limit less, ${name} (${shown(one)})` }];
    // Limits that are compared are numbers.
    const effect = changed(one as number, other as number);
    return [{ effect, what: `has another limit: ${name} is ${shown(other)}, no longer ${shown(one)}` }];
  });
}

/** That an integer is one that JavaScript can hold is no limit of the user's. */
function limitOf(schema: JsonObject, keyword: string): unknown {
  const limit = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  const isOurs = limit === Number.MAX_SAFE_INTEGER || limit === Number.MIN_SAFE_INTEGER || limit === false;
  return isOurs ? undefined : limit;
}

function shown(limit: unknown): string {
  return JSON.stringify(limit) ?? '';
}
