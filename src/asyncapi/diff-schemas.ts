// How two JSON Schemas differ, from the view of the values that they let pass.
import { describeSchema, pairAlternatives } from './alternatives.js';
import { isObject, type JsonObject, resolve } from './json-object.js';
import { limitChanges } from './limits.js';

/** `narrower`: it lets fewer values pass. `wider`: more. `different`: others. `none`: the same. */
export type Effect = 'narrower' | 'wider' | 'different' | 'none';

export interface SchemaChange {
  /** Where: `by.name`, `list[]`; empty for the whole. */
  readonly place: string;
  readonly effect: Effect;
  /** The end of a sentence about the place: `is required now`. */
  readonly what: string;
}

/** Schemas with the documents that their references mean. */
export interface Side {
  readonly schema: unknown;
  readonly document: JsonObject;
}

export function schemaChanges(before: Side, after: Side): readonly SchemaChange[] {
  const comparison = new Comparison(before.document, after.document);
  comparison.compare(before.schema, after.schema, '');
  return comparison.changes;
}

/** Everything passes `true`, nothing passes `false`. */
const everything: JsonObject = {};
const nothing: JsonObject = { not: {} };

class Comparison {
  readonly changes: SchemaChange[] = [];
  readonly #before: JsonObject;
  readonly #after: JsonObject;
  /** Pairs that were compared, or are being compared: schemas may contain themselves. What is referred to twice is reported once. */
  readonly #compared = new Map<JsonObject, Set<JsonObject>>();

  constructor(before: JsonObject, after: JsonObject) {
    this.#before = before;
    this.#after = after;
  }

  compare(before: unknown, after: unknown, place: string): void {
    const one = asObject(resolve(this.#before, before));
    const other = asObject(resolve(this.#after, after));
    const known = this.#compared.get(one);
    if (known?.has(other)) return;
    if (known) known.add(other);
    else this.#compared.set(one, new Set([other]));
    if (this.#compareAlternatives(one, other, place)) return;
    if (this.#compareTypes(one, other, place)) return;
    this.#compareValues(one, other, place);
    this.#compareObjects(one, other, place);
    this.#compareLists(one, other, place);
    for (const { effect, what } of limitChanges(one, other)) this.#add(place, effect, what);
    if (one['deprecated'] !== true && other['deprecated'] === true)
      this.#add(place, 'none', 'is deprecated now');
  }

  #add(place: string, effect: Effect, what: string): void {
    this.changes.push({ place, effect, what });
  }

  /** True if there were any: then there is nothing else to compare. */
  #compareAlternatives(one: JsonObject, other: JsonObject, place: string): boolean {
    const before = alternativesOf(one);
    const after = alternativesOf(other);
    if (!before && !after) return false;
    const resolved = (document: JsonObject, list: readonly unknown[]) =>
      list.map((each) => asObject(resolve(document, each)));
    const { pairs, removed, added } = pairAlternatives(
      resolved(this.#before, before ?? [one]),
      resolved(this.#after, after ?? [other]),
    );
    for (const each of removed) this.#add(place, 'narrower', `can no longer be ${describeSchema(each)}`);
    for (const each of added) this.#add(place, 'wider', `can be ${describeSchema(each)} now`);
    for (const [left, right] of pairs) this.compare(left, right, place);
    return true;
  }

  /** True if the types have nothing in common: then there is nothing else to compare. */
  #compareTypes(one: JsonObject, other: JsonObject, place: string): boolean {
    const before = typesOf(one);
    const after = typesOf(other);
    if (!before && !after) return false;
    if (!after) this.#add(place, 'wider', `can be anything now, not only ${listed(before ?? [])}`);
    else if (!before) this.#add(place, 'narrower', `is limited to ${listed(after)} now`);
    else {
      const lost = before.filter((type) => !accepts(after, type));
      const gained = after.filter((type) => !accepts(before, type));
      if (lost.length > 0 && gained.length > 0) {
        this.#add(place, 'different', `is ${listed(after)} now, not ${listed(before)}`);
      } else if (lost.length > 0) {
        const isPart = after.some((type) => accepts(lost, type));
        const what = isPart
          ? `is only ${listed(after)} now, not ${listed(before)}`
          : `can no longer be ${listed(lost)}`;
        this.#add(place, 'narrower', what);
      } else if (gained.length > 0) this.#add(place, 'wider', `can be ${listed(gained)} now`);
      return !before.some((type) => accepts(after, type)) && !after.some((type) => accepts(before, type));
    }
    return true;
  }

  #compareValues(one: JsonObject, other: JsonObject, place: string): void {
    const before = valuesOf(one);
    const after = valuesOf(other);
    if (!before && !after) return;
    if (!after) this.#add(place, 'wider', `is no longer limited to ${listed(before ?? [])}`);
    else if (!before) this.#add(place, 'narrower', `is limited to ${listed(after)} now`);
    else {
      const lost = before.filter((value) => !after.includes(value));
      const gained = after.filter((value) => !before.includes(value));
      if (lost.length > 0) this.#add(place, 'narrower', `can no longer be ${listed(lost)}`);
      if (gained.length > 0) this.#add(place, 'wider', `can be ${listed(gained)} now`);
    }
  }

  #compareObjects(one: JsonObject, other: JsonObject, place: string): void {
    const before = propertiesOf(one);
    const after = propertiesOf(other);
    const required = { before: requiredOf(one), after: requiredOf(other) };
    const isClosed = {
      before: one['additionalProperties'] === false,
      after: other['additionalProperties'] === false,
    };
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = place === '' ? name : `${place}.${name}`;
      const isRequired = required.after.has(name);
      if (!Object.hasOwn(after, name)) {
        this.#add(inner, isClosed.after ? 'different' : 'wider', 'is gone');
      } else if (!Object.hasOwn(before, name)) {
        const effect = isRequired ? 'narrower' : 'none';
        const closed = isRequired ? 'different' : 'wider';
        this.#add(
          inner,
          isClosed.before ? closed : effect,
          `is new, and ${isRequired ? 'required' : 'optional'}`,
        );
      } else {
        if (isRequired && !required.before.has(name)) this.#add(inner, 'narrower', 'is required now');
        if (!isRequired && required.before.has(name)) this.#add(inner, 'wider', 'can be missing now');
        this.compare(before[name], after[name], inner);
      }
    }
    this.#compareOthers(one, other, place, isClosed);
  }

  /** The properties that have no schema of their own. */
  #compareOthers(
    one: JsonObject,
    other: JsonObject,
    place: string,
    isClosed: { readonly before: boolean; readonly after: boolean },
  ): void {
    if (isClosed.before && isClosed.after) return;
    if (isClosed.after) this.#add(place, 'narrower', 'takes no further properties now');
    else if (isClosed.before) this.#add(place, 'wider', 'can have further properties now');
    else {
      const { additionalProperties: left = everything } = one;
      const { additionalProperties: right = everything } = other;
      this.compare(left, right, place === '' ? '*' : `${place}.*`);
    }
  }

  #compareLists(one: JsonObject, other: JsonObject, place: string): void {
    const { items: before = everything } = one;
    const { items: after = everything } = other;
    if (!Array.isArray(before) && !Array.isArray(after)) this.compare(before, after, `${place}[]`);
    else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
      for (const [index, each] of before.entries()) this.compare(each, after[index], `${place}[${index}]`);
      const { additionalItems: left = everything } = one;
      const { additionalItems: right = everything } = other;
      this.compare(left, right, `${place}[]`);
    } else this.#add(place, 'different', 'has other elements at its places');
  }
}

function asObject(schema: unknown): JsonObject {
  if (isObject(schema)) return schema;
  return schema === false ? nothing : everything;
}

function alternativesOf({ anyOf, oneOf }: JsonObject): readonly unknown[] | undefined {
  if (Array.isArray(anyOf)) return anyOf;
  return Array.isArray(oneOf) ? oneOf : undefined;
}

/** Undefined: any. */
function typesOf(schema: JsonObject): readonly string[] | undefined {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.map(String);
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  return Array.isArray(values) ? [...new Set(values.map(typeOf))] : undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function accepts(types: readonly string[], type: string): boolean {
  return types.includes(type) || (type === 'integer' && types.includes('number'));
}

/** As JSON, so that they can be compared. */
function valuesOf(schema: JsonObject): readonly string[] | undefined {
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : undefined;
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isObject(properties) ? properties : {};
}

function requiredOf({ required }: JsonObject): ReadonlySet<unknown> {
  return new Set(Array.isArray(required) ? required : []);
}

function listed(texts: readonly string[]): string {
  return texts.join(' or ');
}
