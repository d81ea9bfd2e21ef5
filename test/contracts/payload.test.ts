import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodePayload, defineTopic, encodePayload, InvalidMessage } from '../../src/contracts/index.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const reading = defineTopic('sensors/+id/reading', {
  payload: z.object({
    celsius: z.number(),
    at: z.iso.datetime().transform((text) => new Date(text)),
    unit: z.string().default('C'),
  }),
});
const json = defineTopic('j', { codec: 'json' });
const text = defineTopic('t', { codec: 'text' });
const bytes = defineTopic('b');

describe('a payload that came', () => {
  it('is the schema`s output, at once', () => {
    expect(decodePayload(reading, utf8('{"celsius":20.5,"at":"2026-01-01T00:00:00Z"}'))).toEqual({
      celsius: 20.5,
      at: new Date('2026-01-01T00:00:00Z'),
      unit: 'C',
    });
  });

  it('is a promise only where the schema is asynchronous', async () => {
    const known = defineTopic('a', {
      payload: z.string().refine(async (name) => name === 'known', 'is not known'),
    });
    await expect(decodePayload(known, utf8('"known"'))).resolves.toBe('known');
    await expect(decodePayload(known, utf8('"other"'))).rejects.toThrow(
      'The payload does not fit "a": is not known.',
    );
  });

  it('is what the codec makes of it where there is no schema', () => {
    const given = utf8('{"a":1}');
    expect(decodePayload(bytes, given)).toBe(given);
    expect(decodePayload(text, given)).toBe('{"a":1}');
    expect(decodePayload(json, given)).toEqual({ a: 1 });
  });

  it('reaches the schema as text or bytes where the codec says so', () => {
    expect(decodePayload(defineTopic('t', { codec: 'text', payload: z.coerce.number() }), utf8('20.5'))).toBe(
      20.5,
    );
    const two = z.instanceof(Uint8Array).refine((it) => it.length === 2, 'needs two bytes');
    expect(decodePayload(defineTopic('b', { codec: 'bytes', payload: two }), Uint8Array.of(1, 2))).toEqual(
      Uint8Array.of(1, 2),
    );
    expect(() => decodePayload(defineTopic('b', { codec: 'bytes', payload: two }), Uint8Array.of(1))).toThrow(
      'needs two bytes',
    );
  });

  it.each([
    [
      reading,
      utf8('{"celsius":"hot","at":"now"}'),
      /^The payload does not fit "sensors\/\+id\/reading": celsius: .*expected number.*; at: .+\.$/,
    ],
    [reading, utf8('{"celsius":'), 'it is not JSON ('],
    [reading, utf8(''), 'it is not JSON (it is empty).'],
    [json, Uint8Array.of(0x22, 0xc3, 0x28, 0x22), 'it is not UTF-8.'],
    [text, Uint8Array.of(0xed, 0xa0, 0x80), 'it is not UTF-8.'],
  ])('is refused with a sentence when it does not fit (%#)', (contract, given, sentence) => {
    expect(() => decodePayload(contract, given)).toThrow(InvalidMessage);
    expect(() => decodePayload(contract, given)).toThrow(sentence);
  });

  it('says where it does not fit', () => {
    const nested = defineTopic('n', { payload: z.object({ list: z.array(z.object({ n: z.number() })) }) });
    try {
      decodePayload(nested, utf8('{"list":[{"n":1},{"n":"x"}]}'));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ part: 'payload', issues: [{ path: ['list', 1, 'n'] }] });
      expect(String(error)).toContain('list.1.n: ');
    }
  });

  it('reads the path of an issue in either form of Standard Schema', () => {
    const issue = { message: 'Wrong.', path: [{ key: 'a' }, 'b', { key: 0 }] };
    const odd = defineTopic('o', {
      payload: { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [issue] }) } },
    });
    expect(() => decodePayload(odd, utf8('1'))).toThrow('The payload does not fit "o": a.b.0: Wrong.');
  });

  it('names five issues and counts the rest', () => {
    const many = defineTopic('m', { payload: z.array(z.number()) });
    expect(() => decodePayload(many, utf8('["a","a","a","a","a","a","a"]'))).toThrow(
      /4: [^;]+; and 2 more\.$/,
    );
  });

  it.each([
    ['long', 'x'.repeat(70_000), /^.{200,400}$/],
    ['not legal in MQTT', 'a\u0000\ud800\nb', 'a\\u0000\\ud800\\u000ab'],
  ])('is refused in one short line, with names of the sender that are %s', (_name, key, sentence) => {
    const strict = defineTopic('s', { payload: z.strictObject({}) });
    expect(() => decodePayload(strict, utf8(JSON.stringify({ [key]: 1 })))).toThrow(sentence);
  });

  it('is refused in one short line under a long content type', () => {
    expect(() => decodePayload(json, utf8('1'), 'x'.repeat(65_535))).toThrow(/^.{200,400}$/);
  });

  it('keeps a byte order mark in text, and reads over it in JSON', () => {
    expect(decodePayload(text, utf8('\ufeffa'))).toBe('\ufeffa');
    expect(decodePayload(json, utf8('\ufeff1'))).toBe(1);
  });

  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['application/senml+json', true],
    ['text/plain', true],
    ['application/cbor', false],
    ['image/png; title=x.json', false],
    ['', false],
  ])('under the content type "%s" is JSON: %s', (contentType, expected) => {
    const decode = () => decodePayload(json, utf8('1'), contentType);
    if (expected) expect(decode()).toBe(1);
    else
      expect(decode).toThrow(
        `The content type does not fit "j": JSON is expected, the sender says "${contentType}".`,
      );
    expect(decodePayload(bytes, utf8('1'), contentType)).toEqual(utf8('1'));
  });
});

describe('a payload to publish', () => {
  it('is the input of the schema in the words of the codec', () => {
    const given = { celsius: 20, at: '2026-01-01T00:00:00Z' };
    // Neither defaults nor transforms: the receiver applies them.
    expect(encodePayload(reading, given)).toEqual(utf8(JSON.stringify(given)));
    expect(encodePayload(text, 'ü')).toEqual(utf8('ü'));
    expect(encodePayload(bytes, 'ü')).toEqual(utf8('ü'));
    const raw = Uint8Array.of(1, 2);
    expect(encodePayload(bytes, raw)).toBe(raw);
    expect(
      encodePayload(defineTopic('b', { codec: 'bytes', payload: z.instanceof(Uint8Array) }), 'a'),
    ).toEqual(utf8('a'));
    expect(encodePayload(defineTopic('b', { codec: 'bytes', payload: z.instanceof(Uint8Array) }), raw)).toBe(
      raw,
    );
    expect(encodePayload(defineTopic('t', { codec: 'text', payload: z.string().min(2) }), 'ab')).toEqual(
      utf8('ab'),
    );
  });

  it('is a promise only where the schema is asynchronous', async () => {
    const known = defineTopic('a', {
      payload: z.string().refine(async (name) => name === 'known', 'is not known'),
    });
    await expect(encodePayload(known, 'known')).resolves.toEqual(utf8('"known"'));
    await expect(encodePayload(known, 'other')).rejects.toThrow('is not known');
  });

  it('is checked as the receiver will read it: a Date does not survive JSON', () => {
    const dated = defineTopic('d', { payload: z.object({ at: z.date() }) });
    expect(() => encodePayload(dated, { at: new Date(0) })).toThrow(/^The payload does not fit "d": at: /);
    expect(
      encodePayload(defineTopic('d', { payload: z.object({ at: z.coerce.date() }) }), { at: new Date(0) }),
    ).toEqual(utf8('{"at":"1970-01-01T00:00:00.000Z"}'));
  });

  const circular: { self?: object } = {};
  circular.self = circular;
  it.each([
    [reading, { celsius: 'hot', at: '2026-01-01T00:00:00Z' }, 'celsius: '],
    [json, undefined, 'a value of type undefined has no JSON.'],
    [json, () => 1, 'a value of type function has no JSON.'],
    [json, 1n, "it can't become JSON (TypeError: "],
    [json, circular, "it can't become JSON (TypeError: "],
    [text, 1, 'a text is needed, but this is of type number.'],
    [text, Uint8Array.of(1), 'a text is needed, but this is of type object.'],
    [text, 'a\ud800', 'half of a surrogate pair'],
    [bytes, { a: 1 }, 'a Uint8Array or a text is needed, but this is of type object.'],
    [bytes, null, 'a Uint8Array or a text is needed, but this is null.'],
    [bytes, '\udc00', 'half of a surrogate pair'],
  ])('is refused with a sentence when it does not fit (%#)', (contract, given, sentence) => {
    expect(() => encodePayload(contract, given)).toThrow(InvalidMessage);
    expect(() => encodePayload(contract, given)).toThrow(sentence);
  });
});

describe('what was encoded', () => {
  it('belongs to whoever asked for it', () => {
    const [first, second] = [encodePayload(text, 'first'), encodePayload(text, 'second')];
    expect([first, second]).toEqual([utf8('first'), utf8('second')]);
  });

  it.each([1365, 1366, 5000])('is whole, with %i characters of three bytes', (length) => {
    expect(encodePayload(text, '€'.repeat(length))).toEqual(utf8('€'.repeat(length)));
  });

  it('decodes to what it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const there = encodePayload(json, value) as Uint8Array; // no schema, no promise
        expect(decodePayload(json, there)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const there = encodePayload(text, value) as Uint8Array; // no schema, no promise
        expect(decodePayload(text, there)).toBe(value);
      }),
    );
  });
});
