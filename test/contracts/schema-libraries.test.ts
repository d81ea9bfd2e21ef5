// The same contract in three schema libraries: what passes with one passes with the others, types included.
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type AnyTopic,
  decodePayload,
  decodeReply,
  defineTopic,
  encodePayload,
  encodeReply,
  InvalidMessage,
  parseParams,
  type Target,
  type TopicDef,
} from '../../src/contracts/index.js';

type Contract = TopicDef<
  { readonly room: 'kitchen' | 'attic'; readonly shelf: number },
  // biome-ignore lint/suspicious/noExplicitAny: whether an optional key may be undefined, they see differently
  any,
  { celsius: number; at: Date; unit: string },
  { readonly room: 'kitchen' | 'attic'; readonly shelf: string | number },
  { ok: boolean },
  { ok: boolean }
>;

const withZod = defineTopic('rooms/+room/shelves/+shelf', {
  params: { room: z.enum(['kitchen', 'attic']), shelf: z.string().transform(Number).pipe(z.int()) },
  payload: z.object({
    celsius: z.number().max(60),
    at: z.string().transform((text) => new Date(text)),
    unit: z.string().default('C'),
  }),
  reply: z.object({ ok: z.boolean() }),
});

const withValibot = defineTopic('rooms/+room/shelves/+shelf', {
  params: {
    room: v.picklist(['kitchen', 'attic']),
    shelf: v.pipe(v.string(), v.transform(Number), v.integer()),
  },
  payload: v.object({
    celsius: v.pipe(v.number(), v.maxValue(60)),
    at: v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    ),
    unit: v.optional(v.string(), 'C'),
  }),
  reply: v.object({ ok: v.boolean() }),
});

const withArktype = defineTopic('rooms/+room/shelves/+shelf', {
  params: { room: type("'kitchen' | 'attic'"), shelf: type('string.integer.parse') },
  payload: type({
    celsius: 'number <= 60',
    at: type('string').pipe((text) => new Date(text)),
    unit: "string = 'C'",
  }),
  reply: type({ ok: 'boolean' }),
});

const libraries: readonly (readonly [string, Contract])[] = [
  ['zod', withZod],
  ['valibot', withValibot],
  ['arktype', withArktype],
];
const utf8 = (text: string) => new TextEncoder().encode(text);

describe.each(libraries)('a contract with schemas of %s', (_name, contract) => {
  const message = { celsius: 20.5, at: '2026-01-01T00:00:00.000Z' };

  it('converts and checks parameters', () => {
    expect(parseParams(contract, 'rooms/kitchen/shelves/3')).toEqual({ room: 'kitchen', shelf: 3 });
    const target: Target<typeof message, { ok: boolean }> = contract.to({ room: 'attic', shelf: 4 });
    expect(target.address).toBe('rooms/attic/shelves/4');
    const error = thrownBy(() => parseParams(contract, 'rooms/cellar/shelves/first'));
    expect(error).toMatchObject({ part: 'params', issues: [{ path: ['room'] }, { path: ['shelf'] }] });
    expect(error.message).toMatch(
      /^The topic "rooms\/cellar\/shelves\/first" does not fit .+: room: .+; shelf: .+\.$/,
    );
  });

  it('converts and checks a payload', () => {
    const bytes = encodePayload(contract, message) as Uint8Array; // no asynchronous schema
    expect(bytes).toEqual(utf8(JSON.stringify(message)));
    expect(decodePayload(contract, bytes)).toEqual({ celsius: 20.5, at: new Date(message.at), unit: 'C' });
    expect(contract.fake({ params: { room: 'attic', shelf: 1 }, payload: message }).payload.unit).toBe('C');
  });

  it('says where a payload does not fit', () => {
    const hot = JSON.stringify({ ...message, celsius: 61 });
    const error = thrownBy(() => decodePayload(contract, utf8(hot)));
    expect(error).toMatchObject({
      part: 'payload',
      issues: [{ path: ['celsius'], message: expect.stringMatching(/60/) }],
    });
    expect(error.message).toMatch(
      /^The payload does not fit "rooms\/\+room\/shelves\/\+shelf": celsius: .*60.*\.$/,
    );
    expect(thrownBy(() => encodePayload(contract, JSON.parse(hot)))).toMatchObject({ part: 'payload' });
  });

  it('checks a reply, on both ends', () => {
    const bytes = encodeReply(contract, { ok: true }) as Uint8Array; // no asynchronous schema
    expect(decodeReply(contract, bytes)).toEqual({ ok: true });
    expect(thrownBy(() => encodeReply(contract, { ok: 'yes' }))).toMatchObject({ part: 'reply' });
    const error = thrownBy(() => decodeReply(contract, utf8('{"ok":"yes"}')));
    expect(error).toMatchObject({ part: 'reply', issues: [{ path: ['ok'] }] });
  });
});

it('an asynchronous schema is awaited, of any library', async () => {
  const contracts: readonly AnyTopic[] = [
    defineTopic('a', { payload: z.string().refine(async (name) => name === 'known', 'is not known') }),
    defineTopic('a', {
      payload: v.pipeAsync(
        v.string(),
        v.checkAsync(async (name) => name === 'known', 'is not known'),
      ),
    }),
  ];
  for (const contract of contracts) {
    await expect(encodePayload(contract, 'known')).resolves.toEqual(utf8('"known"'));
    await expect(decodePayload(contract, utf8('"other"'))).rejects.toThrow(
      'The payload does not fit "a": is not known.',
    );
  }
});

function thrownBy(call: () => unknown): InvalidMessage {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidMessage) return error;
    throw error;
  }
  throw new Error('it did not throw');
}
