// Which alternative of one schema (`anyOf`, `oneOf`) is which of another.
import { isObject, type JsonObject } from './json-object.js';

export interface Paired {
  readonly pairs: readonly (readonly [JsonObject, JsonObject])[];
  readonly removed: readonly JsonObject[];
  readonly added: readonly JsonObject[];
}

/** Equal ones first; then those that tell themselves apart by the same constant; then those of the same type, if there is one on each side. */
export function pairAlternatives(before: readonly JsonObject[], after: readonly JsonObject[]): Paired {
  const pairs: (readonly [JsonObject, JsonObject])[] = [];
  let left = [...before];
  let right = [...after];
  for (const markOf of [JSON.stringify, constantOf, kindOf]) {
    for (const one of left) {
      const mark = markOf(one);
      if (mark === undefined || left.filter((each) => markOf(each) === mark).length > 1) continue;
      const same = right.filter((each) => markOf(each) === mark);
      const [other] = same;
      if (!other || same.length > 1) continue;
      pairs.push([one, other]);
      right = right.filter((each) => each !== other);
    }
    left = left.filter((one) => !pairs.some(([paired]) => paired === one));
  }
  return { pairs, removed: left, added: right };
}

/** `an object with "kind": "lamp"`, `a string`, `null`. */
export function describeSchema(schema: JsonObject): string {
  const constant = constantOf(schema);
  if (constant !== undefined) return `an object with ${constant}`;
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' or ');
  const { type } = schema;
  if (type === 'null') return 'null';
  if (typeof type !== 'string') return 'something else';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** The constants among its properties, by which a reader tells it from others. */
function constantOf({ properties }: JsonObject): string | undefined {
  if (!isObject(properties)) return undefined;
  const constants = Object.entries(properties).flatMap(([name, schema]) =>
    isObject(schema) && 'const' in schema ? [`"${name}": ${JSON.stringify(schema['const'])}`] : [],
  );
  return constants.length > 0 ? constants.join(', ') : undefined;
}

function kindOf(schema: JsonObject): string | undefined {
  return typeof schema['type'] === 'string' ? schema['type'] : undefined;
}
