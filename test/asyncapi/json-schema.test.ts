import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { jsonSchemaOf } from '../../src/asyncapi/index.js';

/** A schema of a library that nobody knows. */
function foreign(jsonSchema?: object): StandardSchemaV1 {
  const standard = { version: 1, vendor: 'foreign', validate: (value: unknown) => ({ value }) } as const;
  return { '~standard': { ...standard, ...(jsonSchema && { jsonSchema }) } };
}

describe('the JSON Schema of a schema', () => {
  const object = {
    type: 'object',
    properties: { n: { type: 'number' }, s: { type: 'string' } },
    required: ['n'],
  };

  it.each([
    ['zod', z.object({ n: z.number(), s: z.string().optional() })],
    ['arktype', type({ n: 'number', 's?': 'string' })],
    ['valibot', toStandardJsonSchema(v.object({ n: v.number(), s: v.optional(v.string()) }))],
  ])('comes from %s itself', (_library, schema) => {
    expect(jsonSchemaOf(schema)).toEqual({ schema: object, findings: [] });
  });

  it.each([
    ['zod', z.string().transform(Number)],
    ['arktype', type('string').pipe(Number)],
    ['valibot', toStandardJsonSchema(v.pipe(v.string(), v.transform(Number)))],
  ])('is that of the wire, before a transform: %s', (_library, schema) => {
    expect(jsonSchemaOf(schema)).toEqual({ schema: { type: 'string' }, findings: [] });
  });

  it('leaves what has a default to the sender', () => {
    expect(jsonSchemaOf(z.object({ n: z.number().default(1) })).schema).not.toHaveProperty('required');
  });

  it('shows a date that is made from what came as the text that JSON makes of it', () => {
    expect(jsonSchemaOf(z.object({ at: z.coerce.date() }))).toEqual({
      schema: {
        type: 'object',
        properties: { at: { type: 'string', format: 'date-time' } },
        required: ['at'],
      },
      findings: [],
    });
  });

  it.each([
    [
      'zod',
      z.object({ at: z.date(), list: z.array(z.bigint()), n: z.number() }),
      { properties: { at: {}, list: { type: 'array', items: {} }, n: { type: 'number' } } },
      [
        'can\'t be shown in full: "properties.list.items" is of type bigint, which JSON Schema lacks',
        'can\'t be shown in full: "properties.at" is of type date, which JSON Schema lacks',
      ],
    ],
    [
      'arktype',
      type({ at: 'Date', n: 'number' }),
      { properties: { at: {}, n: { type: 'number' } } },
      ['can\'t be shown in full: a part of it is of the kind "date", which JSON Schema lacks'],
    ],
    [
      'valibot',
      toStandardJsonSchema(v.object({ at: v.date(), n: v.number() })),
      { properties: { at: {}, n: { type: 'number' } } },
      ['can\'t be shown in full: The "date" schema cannot be converted to JSON Schema.'],
    ],
  ])('leaves open what has none, and names it: %s', (_library, schema, shown, findings) => {
    const converted = jsonSchemaOf(schema);
    expect(converted.schema).toMatchObject(shown);
    expect(converted.findings).toEqual(findings);
  });

  it.each([
    [
      'zod/mini',
      mini.object({ n: mini.number() }),
      "zod/mini and zod before 4.2 don't. Use the schemas of zod itself",
    ],
    ['plain valibot', v.number(), 'Wrap it in toStandardJsonSchema() of @valibot/to-json-schema'],
    ['a library without any', foreign(), 'Use one that has "~standard".jsonSchema (Standard JSON Schema)'],
  ])('says of %s that it brings none, and what to do', (_library, schema, mend) => {
    const { vendor } = schema['~standard'];
    const converted = jsonSchemaOf(schema);
    expect(converted.schema).toEqual({});
    expect(converted.findings).toHaveLength(1);
    expect(converted.findings[0]).toContain(`this schema of "${vendor}" brings no JSON Schema`);
    expect(converted.findings[0]).toContain(mend);
  });

  it.each([
    [
      'throws',
      {
        input: () => {
          throw new Error('not today');
        },
      },
      'not today',
    ],
    [
      'throws a text',
      {
        input: () => {
          throw 'not today';
        },
      },
      'not today',
    ],
    ['returns what has no JSON', { input: () => ({ default: 1n }) }, 'BigInt'],
    ['returns no object', { input: () => undefined }, 'no object'],
  ])('survives a library that %s', (_what, jsonSchema, why) => {
    const { schema, findings } = jsonSchemaOf(foreign(jsonSchema));
    expect(schema).toEqual({});
    expect(findings).toEqual([expect.stringContaining(why)]);
  });
});
