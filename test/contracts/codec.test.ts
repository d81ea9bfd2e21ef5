import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Codec,
  contentTypeFor,
  decodePayload,
  decodeReply,
  defineTopic,
  encodePayload,
  encodeReply,
  InvalidMessage,
} from '../../src/contracts/index.js';
import { TopicError } from '../../src/topics/index.js';

const messagePack: Codec = {
  name: 'MessagePack',
  contentTypes: ['application/vnd.msgpack', 'application/msgpack'],
  encode,
  decode,
};
const payload = z.object({ celsius: z.number(), raw: z.instanceof(Uint8Array) });
const packed = defineTopic('packed/+id', { codec: messagePack, payload });
const json = new TextEncoder().encode('{"n":1}');

describe('a codec of the user`s', () => {
  const value = { celsius: 20.5, raw: Uint8Array.of(1, 2, 3) };

  it('encodes and decodes what JSON has no words for', () => {
    const bytes = encodePayload(packed, value) as Uint8Array; // no asynchronous schema
    expect(bytes).toEqual(encode(value));
    expect(decodePayload(packed, bytes)).toEqual(value);
    expect(decodePayload(defineTopic('p', { codec: messagePack }), bytes)).toEqual(value);
  });

  it('is checked as the receiver will read it', () => {
    // It writes an undefined as nil, which comes back as null.
    const optional = defineTopic('o', {
      codec: messagePack,
      payload: z.object({ n: z.number().optional() }),
    });
    expect(() => encodePayload(optional, { n: undefined })).toThrow(
      /^The payload does not fit "o": n: .+null\.$/,
    );
  });

  it('makes an invalid message of what it can neither read nor write', () => {
    const bytes = encode(value).slice(0, -1);
    const decoding = thrownBy(() => decodePayload(packed, bytes));
    expect(decoding).toMatchObject({ part: 'payload', cause: expect.any(RangeError) });
    expect(decoding.message).toMatch(
      /^The payload does not fit "packed\/\+id": it is not MessagePack \(.+\)\.$/,
    );
    const encoding = thrownBy(() => encodePayload(packed, { celsius: () => 1 }));
    expect(encoding).toMatchObject({ part: 'payload', cause: expect.any(Error) });
    expect(encoding.message).toMatch(
      /^The payload does not fit "packed\/\+id": it can't become MessagePack \(.+\)\.$/,
    );
  });

  it.each([
    ['application/msgpack', true],
    ['Application/VND.msgpack; v=5', true],
    ['application/octet-stream', true],
    ['application/json', false],
    ['text/plain', false],
  ])('under the content type "%s" is read: %s', (contentType, expected) => {
    const bytes = encode(value);
    const decoded = () => decodePayload(packed, bytes, contentType);
    if (expected) expect(decoded()).toEqual(value);
    else
      expect(decoded).toThrow(
        `The content type does not fit "packed/+id": MessagePack is expected, the sender says "${contentType}".`,
      );
  });

  it('takes any message for its own where it has no content types', () => {
    const nameless = defineTopic('n', { codec: { ...messagePack, contentTypes: [] } });
    expect(decodePayload(nameless, encode(1), 'application/json')).toBe(1);
  });

  it('that answers with a promise, or with something else than bytes, is a mistake of the definition', () => {
    // It rejects besides: that must not become an unhandled rejection.
    const later = () => Promise.reject(new Error('later')) as unknown as Uint8Array;
    const slow = defineTopic('s', { codec: { ...messagePack, encode: later, decode: later } });
    const sentence = 'The codec "MessagePack" of "s" is asynchronous: ';
    expect(() => encodePayload(slow, 1)).toThrow(TopicError);
    expect(() => encodePayload(slow, 1)).toThrow(sentence);
    expect(() => decodePayload(slow, json)).toThrow(TopicError);
    expect(() => decodePayload(slow, json)).toThrow(sentence);
    const text = defineTopic('s', { codec: { ...messagePack, encode: () => 'x' as unknown as Uint8Array } });
    expect(() => encodePayload(text, 1)).toThrow('encoded a value to something of type string');
  });
});

describe('several codecs', () => {
  const either = defineTopic('either', { codec: ['json', messagePack, 'text'] });

  it.each([
    [undefined, json, { n: 1 }],
    ['application/json', json, { n: 1 }],
    ['application/senml+json; charset=utf-8', json, { n: 1 }],
    ['application/msgpack', encode({ n: 2 }), { n: 2 }],
    ['text/plain', json, '{"n":1}'],
  ])('are told apart by the content type %s', (contentType, bytes, value) => {
    expect(decodePayload(either, bytes, contentType)).toEqual(value);
  });

  it('refuse what none of them claims, in the name of the first', () => {
    expect(() => decodePayload(either, json, 'image/png')).toThrow(
      'JSON is expected, the sender says "image/png"',
    );
  });

  it('encode with the first one, or with the one that the content type of the publish asks for', () => {
    expect(encodePayload(either, { n: 1 })).toEqual(json);
    expect(encodePayload(either, { n: 1 }, 'application/msgpack')).toEqual(encode({ n: 1 }));
  });

  it('refuse to encode under a content type that none of them claims: no receiver would read it', () => {
    const error = thrownBy(() => encodePayload(either, { n: 1 }, 'image/png'));
    expect(error).toMatchObject({
      part: 'content-type',
      message: 'The content type does not fit "either": JSON is expected, the sender says "image/png".',
    });
    const plain = defineTopic('p', { codec: messagePack });
    expect(() => encodePayload(plain, 1, 'application/json')).toThrow('MessagePack is expected');
    expect(encodePayload(plain, 1, 'application/octet-stream')).toEqual(encode(1));
  });

  it('say their content type if they are the user`s; a built-in one does where it is not the first', () => {
    expect(contentTypeFor(either.spec.codecs)).toBeUndefined();
    expect(contentTypeFor(either.spec.codecs, 'text/markdown')).toBe('text/plain');
    expect(contentTypeFor([messagePack, 'json'], 'application/senml+json')).toBe('application/json');
    expect(contentTypeFor([messagePack, 'bytes'], 'application/octet-stream')).toBe(
      'application/octet-stream',
    );
    expect(contentTypeFor(packed.spec.codecs)).toBe('application/vnd.msgpack');
    expect(contentTypeFor(either.spec.codecs, 'application/msgpack')).toBe('application/vnd.msgpack');
  });
});

describe('a reply', () => {
  const config = defineTopic('config/get', { reply: z.object({ n: z.number(), at: z.coerce.date() }) });

  it('goes out and comes in as a payload does, in JSON where it has a schema', () => {
    const bytes = encodeReply(config, { n: 1, at: '2026-01-01' }) as Uint8Array; // no asynchronous schema
    expect(bytes).toEqual(new TextEncoder().encode('{"n":1,"at":"2026-01-01"}'));
    expect(decodeReply(config, bytes)).toEqual({ n: 1, at: new Date('2026-01-01') });
    // Its request has none.
    expect(encodePayload(config, 'now')).toEqual(new TextEncoder().encode('now'));
  });

  it('is in the codec of the contract, and of the request where there are several', () => {
    const text = defineTopic('t', { codec: 'text', reply: z.string().min(2) });
    expect(encodeReply(text, 'ab')).toEqual(new TextEncoder().encode('ab'));
    const either = defineTopic('e', { codec: ['json', messagePack], reply: z.number() });
    expect(encodeReply(either, 1)).toEqual(new TextEncoder().encode('1'));
    expect(encodeReply(either, 1, 'application/msgpack')).toEqual(encode(1));
    expect(decodeReply(either, encode(1), 'application/msgpack')).toBe(1);
  });

  it('is a promise only where its schema is asynchronous', async () => {
    const known = defineTopic('a', {
      reply: z.string().refine(async (name) => name === 'known', 'is not known'),
    });
    await expect(encodeReply(known, 'known')).resolves.toEqual(new TextEncoder().encode('"known"'));
    await expect(decodeReply(known, new TextEncoder().encode('"other"'))).rejects.toThrow(
      'The reply does not fit "a": is not known.',
    );
  });

  it.each([
    [() => encodeReply(config, { n: 'one', at: 0 }), 'The reply does not fit "config/get": n: '],
    [() => encodeReply(config, undefined), 'The reply does not fit "config/get": a value of type undefined'],
    [() => decodeReply(config, json), 'The reply does not fit "config/get": at: '],
    [() => decodeReply(config, Uint8Array.of(0x7b)), 'The reply does not fit "config/get": it is not JSON'],
    [
      () => decodeReply(config, json, 'image/png'),
      'The content type of the reply does not fit "config/get": JSON is expected, the sender says "image/png".',
    ],
  ])('that does not fit says that it is the reply (%#)', (call, sentence) => {
    const error = thrownBy(call);
    expect(error.part).toBe('reply');
    expect(error.message).toContain(sentence);
  });
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
