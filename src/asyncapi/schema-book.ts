// Schemas that the document says once, under names, with references among them.
import { isObject } from './json-object.js';
import type { JsonSchema } from './json-schema.js';
import { inOrder, keyOf, Names } from './names.js';

const PLACE = '#/components/schemas/';
/** A reference to the schema itself, or into it, in its JSON. */
const ofTheWhole = /"\$ref":"#(?:"|\/(?!definitions\/|\$defs\/))/;
/** Under these stand values, not schemas. */
const literals: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples']);
/** Under these stand schemas by names of the user's. */
const maps: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependencies',
]);

export class SchemaBook {
  readonly #names = new Names();
  readonly #schemas = new Map<string, JsonSchema>();
  /** Names of schemas by what they are named after and say. */
  readonly #known = new Map<string, string>();

  /**
   * Takes a schema in, and the definitions in it, which become schemas of their own: a reference within a schema would mean the document. What is returned stands in its
   * place: a reference.
   */
  add(name: string, schema: JsonSchema): JsonSchema {
    const { definitions, $defs, ...root } = schema;
    const parts = { ...asSchemas(definitions), ...asSchemas($defs) };
    const isReferenceAlone = Object.keys(root).length === 1 && typeof root['$ref'] === 'string';
    const self = isReferenceAlone ? undefined : this.#names.claim(name);
    const names = new Map<string, string>();
    const fresh: string[] = [];
    for (const part of Object.keys(parts)) {
      // zod calls __schema0 what has no name.
      const wanted = part.startsWith('__') ? `${name}Part` : keyOf(part);
      const content = `${wanted} ${JSON.stringify(reachable(part, parts))}`;
      const known = this.#known.get(content);
      names.set(part, known ?? this.#names.claim(wanted));
      if (known !== undefined) continue;
      fresh.push(part);
      // A part that speaks of the whole schema belongs to it.
      if (!ofTheWhole.test(content)) this.#known.set(content, names.get(part) as string);
    }
    const rename = (reference: string) => renamed(reference, self, names);
    for (const part of fresh) {
      this.#schemas.set(names.get(part) as string, rewritten(parts[part] as JsonSchema, rename));
    }
    const rewrittenRoot = rewritten(root, rename);
    if (self === undefined) return rewrittenRoot;
    this.#schemas.set(self, rewrittenRoot);
    return { $ref: PLACE + self };
  }

  get schemas(): Record<string, JsonSchema> {
    return inOrder(this.#schemas);
  }
}

/** A part with all that it refers to. */
function reachable(
  part: string,
  parts: Record<string, JsonSchema>,
  seen: Map<string, JsonSchema> = new Map(),
): [string, JsonSchema][] {
  const schema = parts[part];
  if (schema === undefined || seen.has(part)) return [...seen];
  seen.set(part, schema);
  rewritten(schema, (reference) => {
    reachable(definitionOf(reference) ?? '', parts, seen);
    return reference;
  });
  return [...seen];
}

/** The same schema with other references. */
function rewritten(schema: JsonSchema, rename: (reference: string) => string): JsonSchema {
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === '$ref' && typeof value === 'string') return [key, rename(value)];
    if (literals.has(key)) return [key, value];
    if (!maps.has(key) || !isObject(value)) return [key, inner(value)];
    return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]))];
  });
  const [only, ...others] = entries as [string, unknown][];
  // zod puts each reference that may be left out into a list of its own.
  if (only?.[0] === 'allOf' && others.length === 0 && Array.isArray(only[1]) && only[1].length === 1) {
    return only[1][0] as JsonSchema;
  }
  return Object.fromEntries(entries) as JsonSchema;

  function inner(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inner);
    return isObject(value) ? rewritten(value, rename) : value;
  }
}

function renamed(reference: string, self: string | undefined, names: ReadonlyMap<string, string>): string {
  if (!reference.startsWith('#')) return reference;
  const name = names.get(definitionOf(reference) ?? '');
  if (name !== undefined) return PLACE + name;
  return self === undefined ? reference : PLACE + self + reference.slice(1);
}

/** `User` of `#/definitions/User` (RFC 6901). */
function definitionOf(reference: string): string | undefined {
  const escaped = /^#\/(?:definitions|\$defs)\/([^/]+)$/.exec(reference)?.[1];
  return escaped === undefined
    ? undefined
    : decodeURIComponent(escaped).replaceAll('~1', '/').replaceAll('~0', '~');
}

function asSchemas(value: unknown): Record<string, JsonSchema> {
  // Definitions of a JSON Schema are schemas.
  return isObject(value) ? (value as Record<string, JsonSchema>) : {};
}
