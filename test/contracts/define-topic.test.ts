import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTopic, InvalidMessage } from '../../src/contracts/index.js';
import { TopicError } from '../../src/topics/index.js';

const id = 'b5b7c1a2-6d0e-4f5a-9b8c-1d2e3f405162';
const reading = defineTopic('sensors/+deviceId/reading', {
  payload: z.object({ celsius: z.number() }),
  params: { deviceId: z.uuid() },
  messageExpiryInterval: 60,
});

describe('a contract', () => {
  it('says what to subscribe to and how to publish', () => {
    expect(reading).toMatchObject({
      pattern: 'sensors/+deviceId/reading',
      filter: 'sensors/+/reading',
      spec: {
        codecs: ['json'],
        qos: 1,
        retain: false,
        messageExpiryInterval: 60,
        deprecated: false,
        examples: [],
      },
    });
    expect(
      defineTopic('a', { qos: 2, retain: true, title: 'T', description: 'D', deprecated: 'use b' }).spec,
    ).toMatchObject({
      codecs: ['bytes'],
      qos: 2,
      retain: true,
      messageExpiryInterval: undefined,
      title: 'T',
      description: 'D',
      deprecated: 'use b',
    });
  });

  it('builds a topic that carries the contract to the publisher', () => {
    const target = reading.to({ deviceId: id });
    expect(target.address).toBe(`sensors/${id}/reading`);
    expect(target.contract).toBe(reading);
    expect(defineTopic('status').to().address).toBe('status');
  });

  it('makes a message that is not published yet', () => {
    const message = reading.message({ deviceId: id }, { celsius: 20 }, { retain: true });
    expect(message).toEqual({
      target: reading.to({ deviceId: id }),
      payload: { celsius: 20 },
      options: { retain: true },
    });
    expect(defineTopic('status').message({}, 'on')).toMatchObject({
      target: { address: 'status' },
      payload: 'on',
    });
  });

  it('refuses to build a topic that its own receivers would refuse', () => {
    expect(() => reading.to({ deviceId: 'seven' })).toThrow(InvalidMessage);
    expect(() => reading.to({ deviceId: 'seven' })).toThrow(
      'The topic "sensors/seven/reading" does not fit "sensors/+deviceId/reading": deviceId: Invalid UUID.',
    );
    expect(() => defineTopic('a/+id').to({ id: 'x/y' })).toThrow(TopicError);
  });

  it('converts the parameters of a topic, or says that it is not its own', () => {
    const page = defineTopic('books/+isbn/+page', { params: { page: z.coerce.number().int() } });
    expect(page.match('books/3/14')).toEqual({ isbn: '3', page: 14 });
    expect(page.match('books/3/first')).toBeUndefined();
    expect(page.match('films/3/14')).toBeUndefined();
    expect(page.to({ isbn: 3, page: 14 }).address).toBe('books/3/14');
  });

  it('cannot be changed afterwards', () => {
    const { spec } = reading;
    for (const part of [reading, spec, spec.params, spec.examples]) expect(Object.isFrozen(part)).toBe(true);
    const examples = ['x'];
    const named = defineTopic('a', { codec: 'text', examples });
    examples.push('y');
    expect(named.spec.examples).toEqual(['x']);
  });
});

describe('a definition that makes no sense', () => {
  // What the compiler refuses as well, come from JavaScript or through a cast.
  const define = defineTopic as unknown as (pattern: string, spec?: object) => unknown;

  it.each([
    ['a/#/b', {}, '"#" is only allowed as the last level'],
    ['$share/g/a', {}, 'use the option { share } instead.'],
    [
      'a/+id',
      { params: { di: z.string() } },
      'The topic "a/+id" has a schema for "di", which is not one of its parameters: it has id.',
    ],
    ['a', { params: { id: z.string() } }, 'which is not one of its parameters: it has no named wildcard.'],
    [
      'a/+id',
      { params: { id: 'uuid' } },
      'has no schema for "id" but something else: hand over a Standard Schema',
    ],
    ['a/+id', { params: { id: null } }, 'has no schema for "id" but something else'],
    [
      'a',
      { payload: { celsius: 'number' } },
      'The topic "a" has a payload that is no schema: hand over a Standard Schema, such as z.object({ ... }).',
    ],
    ['a', { qos: 3 }, 'The topic "a" has qos 3: it is 0, 1 or 2.'],
    [
      'a',
      { codec: 'cbor' },
      'has the codec "cbor": it is "json", "text", "bytes" or an object { name, contentTypes, encode, decode }.',
    ],
    ['a', { codec: ['json', 'cbor'] }, 'has the codec "cbor": it is'],
    ['a', { codec: [] }, 'has an empty list of codecs: name at least one.'],
    ['a', { codec: { name: 'cbor', encode() {}, decode() {} } }, 'has a codec that is none: it is'],
    ['a', { reply: z.object }, 'The topic "a" has a reply that is no schema: hand over a Standard Schema'],
    ['a', { retain: 'yes' }, 'has retain yes: it is true or false.'],
    [
      'a',
      { messageExpiryInterval: '5m' },
      'has messageExpiryInterval 5m: it is a whole number of seconds from 1 to 4294967295.',
    ],
    ['a', { messageExpiryInterval: 0 }, 'has messageExpiryInterval 0'],
    ['a', { messageExpiryInterval: 2 ** 32 }, 'has messageExpiryInterval 4294967296'],
    ['a', { messageExpiryInterval: 1.5 }, 'has messageExpiryInterval 1.5'],
    ['a', { title: 1 }, 'The topic "a" has a title of type number: it is text.'],
    ['a', { description: ['x'] }, 'The topic "a" has a description of type object: it is text.'],
    ['a', { examples: 'x' }, 'has examples of type string: write a list, each what a publisher hands in.'],
    ['a', { deprecated: 1 }, 'has deprecated of type number: it is true, or says what to use instead.'],
  ])('%s with %j is refused with a sentence', (pattern, spec, sentence) => {
    expect(() => define(pattern, spec)).toThrow(TopicError);
    expect(() => define(pattern, spec)).toThrow(sentence);
  });

  it('takes a schema that is a function, as arktype has them', () => {
    const schema = Object.assign(() => {}, { '~standard': z.string()['~standard'] });
    expect(() => define('a', { payload: schema })).not.toThrow();
  });
});
