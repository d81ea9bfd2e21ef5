// The JSON Schema of what travels, as the schema's own library tells it.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/** A JSON Schema, draft 7: what AsyncAPI builds on. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Converted {
  /** Draft 7, on which AsyncAPI's schemas are built. Empty, which allows everything, where nothing is known. */
  readonly schema: JsonSchema;
  /** What it leaves out and why, each the end of a sentence about its topic. */
  readonly findings: readonly string[];
}

type Converter = StandardJSONSchemaV1.Converter['input'];

const target = 'draft-07';

/**
 * The JSON Schema of the schema's input, which is what is on the wire in either direction: before a transform where a message comes in, before it where one leaves.
 * Never throws: what can't be shown is left open, and said.
 */
export function jsonSchemaOf(schema: StandardSchemaV1): Converted {
  const { vendor } = schema['~standard'];
  const converter = converterOf(schema);
  if (!converter) return { schema: {}, findings: [`can't be shown: ${noConverter(vendor)}`] };
  const findings: string[] = [];
  const options = Object.hasOwn(tellingOptions, vendor) ? tellingOptions[vendor] : undefined;
  const telling = options?.((what) => findings.push(`can't be shown in full: ${what}`));
  try {
    return { schema: converted(converter, telling), findings };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { schema: openly(converter, vendor), findings: [`can't be shown in full: ${why}`] };
  }
}

/** Standard JSON Schema is the younger standard: a schema may have it or not. */
function converterOf(schema: StandardSchemaV1): Converter | undefined {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  return typeof jsonSchema?.input === 'function' ? jsonSchema.input.bind(jsonSchema) : undefined;
}

function converted(converter: Converter, libraryOptions: Record<string, unknown> | undefined): JsonSchema {
  const schema: unknown = converter(libraryOptions ? { target, libraryOptions } : { target });
  if (typeof schema !== 'object' || schema === null) throw new TypeError('its JSON Schema is no object');
  // A copy that is JSON and nothing else: libraries keep theirs, and a default may be anything.
  const { $schema: _, ...rest } = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
  return rest;
}

/** What a library that throws says if it is asked to leave out what it can't show. */
function openly(converter: Converter, vendor: string): JsonSchema {
  const options = Object.hasOwn(lenientOptions, vendor) ? lenientOptions[vendor] : undefined;
  if (!options) return {};
  try {
    return converted(converter, options);
  } catch {
    return {}; // the first refusal is among the findings
  }
}

const lenientOptions: Readonly<Record<string, Record<string, unknown>>> = {
  zod: { unrepresentable: 'any' },
  valibot: { errorMode: 'ignore' },
};

/** Options under which a library reports what it can't show instead of throwing, or instead of passing over it. */
const tellingOptions: Readonly<Record<string, (tell: (what: string) => void) => Record<string, unknown>>> = {
  zod: (tell) => ({
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }: ZodContext) => {
      const { type, coerce } = zodSchema._zod.def;
      if (type === 'date' && coerce) Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
      else if (zodHasNoJson.has(type)) tell(`${placeOf(path)} is of type ${type}, which JSON Schema lacks`);
    },
  }),
  arktype: (tell) => ({
    fallback: {
      default: ({ code, base }: { code: string; base: unknown }) => {
        tell(`a part of it is of the kind "${code}", which JSON Schema lacks`);
        return base;
      },
    },
  }),
};

/** What zod hands to `override`. */
interface ZodContext {
  readonly zodSchema: {
    readonly _zod: { readonly def: { readonly type: string; readonly coerce?: boolean } };
  };
  readonly jsonSchema: object;
  readonly path: readonly PropertyKey[];
}

const zodHasNoJson: ReadonlySet<string> = new Set([
  'bigint',
  'custom',
  'date',
  'function',
  'map',
  'nan',
  'set',
  'symbol',
  'transform',
  'undefined',
  'void',
]);

/** `properties`, `items` and the like are left in: a path is read beside the schema. */
function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'it' : `"${path.map(String).join('.')}"`;
}

function noConverter(vendor: string): string {
  const missing = `this schema of "${vendor}" brings no JSON Schema`;
  if (vendor === 'zod') return `${missing}; zod/mini and zod before 4.2 don't. Use the schemas of zod itself`;
  if (vendor === 'valibot') return `${missing}. Wrap it in toStandardJsonSchema() of @valibot/to-json-schema`;
  return `${missing}. Use one that has "~standard".jsonSchema (Standard JSON Schema)`;
}
