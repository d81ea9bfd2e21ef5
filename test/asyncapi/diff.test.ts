import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncapiDocument, type Description, diffDocuments } from '../../src/asyncapi/index.js';
import { type Codec, type Contract, defineTopic } from '../../src/contracts/index.js';
import { receiving } from './describing.js';
import { everything } from './everything.js';

/** As the command reads it: JSON that was parsed. */
function written(description: Description): unknown {
  return JSON.parse(JSON.stringify(asyncapiDocument(description).document));
}

function diff(before: Description, after: Description) {
  return diffDocuments(written(before), written(after));
}

/** What a handler of the one contract promises, and of the other. */
function received(before: Contract, after: Contract) {
  return diff({ receives: [receiving(before)] }, { receives: [receiving(after)] });
}

/** What a sender of the one contract promises, and of the other. */
function sent(before: Contract, after: Contract) {
  return diff({ receives: [], sends: [before] }, { receives: [], sends: [after] });
}

const nothing = { breaking: [], compatible: [] };
const of = (payload: z.ZodType) => defineTopic('t', { payload });
const codec = (name: string, ...contentTypes: string[]): Codec => ({
  name,
  contentTypes,
  encode: () => new Uint8Array(),
  decode: () => undefined,
});
const Lamp = z.object({ kind: z.literal('lamp'), watts: z.number() });
const Fan = z.object({ kind: z.literal('fan'), speed: z.number() });
const Oven = z.object({ kind: z.literal('oven') });
/** A schema that holds itself and one thing more. */
function tree(leaf: z.ZodType) {
  const Tree = z.object({
    leaf,
    get children() {
      return z.array(Tree);
    },
  });
  return Tree;
}

describe('two documents', () => {
  it('of the same application have no difference', () => {
    expect(diff(everything, everything)).toEqual(nothing);
    const other = { ...everything, receives: [...everything.receives].reverse() };
    expect(diff(everything, other).breaking).toEqual([]);
  });

  it('differ in the topics that are received and sent', () => {
    const a = defineTopic('a');
    const b = defineTopic('b/+x');
    const c = defineTopic('c');
    const d = defineTopic('d');
    expect(
      diff(
        { receives: [receiving(a, { name: 'A.on' })], sends: [c] },
        { receives: [receiving(b, { name: 'B.on' })], sends: [d] },
      ),
    ).toEqual({
      breaking: ['receive on "a": this is gone (A.on).', 'send to "c": this is gone (sends.c).'],
      compatible: ['receive on "b/{x}": this is new (B.on).', 'send to "d": this is new (sends.d).'],
    });
  });

  it('differ in the address of a handler, and in what else changed there', () => {
    const before = defineTopic('old/+id', { payload: z.number() });
    const after = defineTopic('new/+id/x', { payload: z.string() });
    expect(
      diff(
        { receives: [receiving(before, { name: 'A.on' })] },
        { receives: [receiving(after, { name: 'A.on' })] },
      ),
    ).toEqual({
      breaking: [
        'receive on "new/{id}/x": A.on used "old/{id}" before.',
        'receive on "new/{id}/x": the payload is string now, not number.',
      ],
      compatible: [],
    });
  });

  it('may call handlers, parameters and servers something else', () => {
    expect(
      diff(
        {
          receives: [receiving(defineTopic('a/+x'), { name: 'A.on' })],
          servers: [{ url: 'mqtt://one' }],
        },
        {
          receives: [receiving(defineTopic('a/+y'), { name: 'B.on', share: 'workers' })],
          servers: [{ url: 'wss://two/mqtt' }],
        },
      ),
    ).toEqual({
      breaking: [],
      compatible: [
        'receive on "a/{y}": it is shared as "workers" now, not as nothing.',
        'receive on "a/{y}": this is "B.on" now, not "A.on".',
        'receive on "a/{y}": the parameter "x" is called "y" now.',
        'The server mqtt://one:1883 is gone.',
        'The server wss://two:443/mqtt is new.',
      ],
    });
  });

  it('count several handlers of a topic as one: the highest QoS is what others get', () => {
    const topic = defineTopic('t', { qos: 1 });
    const two = [receiving(topic, { name: 'one', qos: 0 }), receiving(topic, { name: 'two', qos: 1 })];
    expect(diff({ receives: two }, { receives: [receiving(topic, { name: 'one', qos: 1 })] })).toEqual({
      breaking: [],
      compatible: ['receive on "t": this is "one" now, not "one" and "two".'],
    });
  });
});

describe('delivery', () => {
  it.each([
    ['a lower QoS', { qos: 2 }, { qos: 1 }, 'breaking', 'the QoS is 1 now, not 2.'],
    ['a higher QoS', { qos: 0 }, { qos: 1 }, 'compatible', 'the QoS is 1 now, not 0.'],
    ['no retaining', { retain: true }, {}, 'breaking', 'messages are no longer retained.'],
    ['retaining', {}, { retain: true }, 'compatible', 'messages are retained now.'],
    ['an expiry', {}, { messageExpiryInterval: 9 }, 'breaking', 'messages expire after 9 s now.'],
    ['no expiry', { messageExpiryInterval: 9 }, {}, 'compatible', 'messages no longer expire.'],
    [
      'a shorter expiry',
      { messageExpiryInterval: 9 },
      { messageExpiryInterval: 8 },
      'breaking',
      'messages expire after 8 s now.',
    ],
    ['deprecation', {}, { deprecated: true }, 'compatible', 'the message "t" is deprecated now.'],
  ] as const)('with %s', (_what, before, after, kind, sentence) => {
    expect(sent(defineTopic('t', before), defineTopic('t', after))).toEqual({
      ...nothing,
      [kind]: [`send to "t": ${sentence}`],
    });
  });

  it('of what is received is the business of the sender, but for the QoS', () => {
    const plain = defineTopic('t', { qos: 1 });
    const other = defineTopic('t', { qos: 0, retain: true, messageExpiryInterval: 1 });
    expect(received(plain, other)).toEqual({
      breaking: ['receive on "t": the QoS is 0 now, not 1.'],
      compatible: [],
    });
  });

  it('in another content type breaks; one more is fine for a reader', () => {
    const one = defineTopic('t', { codec: codec('one', 'a/one') });
    const two = defineTopic('t', { codec: [codec('one', 'a/one'), codec('two', 'a/two')] });
    const other = defineTopic('t', { codec: [codec('two', 'a/two'), codec('one', 'a/one')] });
    expect(received(one, two).compatible).toEqual(['receive on "t": the payload can be a/two now.']);
    expect(received(two, one).breaking).toEqual(['receive on "t": the payload is no longer a/two.']);
    expect(received(two, other)).toEqual(nothing);
    expect(sent(two, other).breaking).toEqual(['send to "t": the payload is no longer a/one, but a/two.']);
    expect(sent(one, two)).toEqual(nothing);
  });

  it('to fewer values of a parameter breaks who sends there', () => {
    const some = (...values: string[]) => defineTopic('t/+id', { params: { id: z.enum(values) } });
    expect(received(some('a', 'b'), some('b', 'c'))).toEqual({
      breaking: ['receive on "t/{id}": the parameter "id" can no longer be "a".'],
      compatible: ['receive on "t/{id}": the parameter "id" can be "c" now.'],
    });
  });

  it('of several messages on one topic', () => {
    const a = defineTopic('t', { payload: z.object({ a: z.number() }) });
    const b = defineTopic('t', { payload: z.object({ b: z.number() }) });
    const one: Description = { receives: [receiving(a)], sends: [a] };
    const both: Description = { receives: [receiving(a), receiving(b)], sends: [a, b] };
    const more = diff(one, both);
    expect(more.compatible).toContain('receive on "t": it takes the message "t2" too now.');
    expect(more.breaking).toEqual(['send to "t": it sends the message "t2" too now.']);
    expect(diff(both, one).breaking).toEqual([
      'receive on "t": it no longer takes the message "t2".',
      'send to "t": it no longer sends the message "t2".',
    ]);
  });
});

describe('a reply', () => {
  const number = defineTopic('t', { payload: z.number(), reply: z.object({ n: z.number() }) });
  const none = defineTopic('t', { payload: z.number() });

  it('that is gone breaks who asks, one more that is asked for breaks who answers', () => {
    expect(received(number, none).breaking).toEqual(['receive on "t": there is no reply any more.']);
    expect(received(none, number)).toEqual({
      breaking: [],
      compatible: ['receive on "t": a reply is given now.'],
    });
    expect(sent(none, number).breaking).toEqual(['send to "t": a reply is asked for now.']);
    expect(sent(number, none)).toEqual({
      breaking: [],
      compatible: ['send to "t": there is no reply any more.'],
    });
  });

  it('goes the other way than its request', () => {
    const optional = defineTopic('t', {
      payload: z.number(),
      reply: z.object({ n: z.number().optional() }),
    });
    expect(received(number, optional).breaking).toEqual([
      'receive on "t": "n" of the reply can be missing now.',
    ]);
    expect(received(optional, number)).toEqual({
      breaking: [],
      compatible: ['receive on "t": "n" of the reply is required now.'],
    });
  });

  it('says in its user properties why there is none: more of them is fine', () => {
    const description = { receives: [receiving(number)] };
    const { breaking, compatible } = diff(
      { ...description, errorReply: { 'reply-error': 'a' } },
      { ...description, errorReply: { 'reply-error': 'a', more: 'b' } },
    );
    expect(breaking).toEqual([]);
    expect(compatible).toEqual([
      'receive on "t": "more" of the user properties of the reply is new, and required.',
    ]);
  });
});

describe('a payload', () => {
  const object = z.object({ a: z.number() });

  // [what, before, after, who breaks, sentences]
  it.each([
    [
      'one more property, required',
      object,
      object.extend({ b: z.string() }),
      'who sends',
      ['"b" of the payload is new, and required.'],
    ],
    [
      'one more property, optional',
      object,
      object.extend({ b: z.string().optional() }),
      'nobody',
      ['"b" of the payload is new, and optional.'],
    ],
    [
      'one property less',
      object.extend({ b: z.string() }),
      object,
      'who receives',
      ['"b" of the payload is gone.'],
    ],
    [
      'one property less that is no longer taken',
      z.strictObject({ a: z.number(), b: z.string() }),
      z.strictObject({ a: z.number() }),
      'both',
      ['"b" of the payload is gone.'],
    ],
    [
      'one more property where there were no others',
      z.strictObject({ a: z.number() }),
      z.strictObject({ a: z.number(), b: z.string().optional() }),
      'who receives',
      ['"b" of the payload is new, and optional.'],
    ],
    [
      'a property that is required',
      z.object({ a: z.number().optional() }),
      object,
      'who sends',
      ['"a" of the payload is required now.'],
    ],
    [
      'a property that may be missing',
      object,
      z.object({ a: z.number().optional() }),
      'who receives',
      ['"a" of the payload can be missing now.'],
    ],
    [
      'another type',
      object,
      z.object({ a: z.string() }),
      'both',
      ['"a" of the payload is string now, not number.'],
    ],
    [
      'a narrower type',
      object,
      z.object({ a: z.int() }),
      'who sends',
      ['"a" of the payload is only integer now, not number.'],
    ],
    [
      'a wider type',
      z.object({ a: z.int() }),
      object,
      'who receives',
      ['"a" of the payload can be number now.'],
    ],
    [
      'any type',
      object,
      z.object({ a: z.unknown() }),
      'who receives',
      ['"a" of the payload can be anything now, not only number.'],
    ],
    ['a type', z.unknown(), z.number(), 'who sends', ['the payload is limited to number now.']],
    ['null', z.string(), z.string().nullable(), 'who receives', ['the payload can be null now.']],
    ['no null', z.string().nullable(), z.string(), 'who sends', ['the payload can no longer be null.']],
    ['one value less', z.enum(['a', 'b']), z.enum(['a']), 'who sends', ['the payload can no longer be "b".']],
    ['one value more', z.literal('a'), z.enum(['a', 'b']), 'who receives', ['the payload can be "b" now.']],
    [
      'certain values',
      z.string(),
      z.enum(['a', 'b']),
      'who sends',
      ['the payload is limited to "a" or "b" now.'],
    ],
    ['all values', z.literal('a'), z.string(), 'who receives', ['the payload is no longer limited to "a".']],
    [
      'a higher minimum',
      z.number().min(1),
      z.number().min(2),
      'who sends',
      ['the payload has another limit: the minimum is 2, no longer 1.'],
    ],
    [
      'a lower minimum',
      z.number().min(2),
      z.number().min(1),
      'who receives',
      ['the payload has another limit: the minimum is 1, no longer 2.'],
    ],
    [
      'a lower maximum',
      z.string().max(9),
      z.string().max(8),
      'who sends',
      ['the payload has another limit: the greatest length is 8, no longer 9.'],
    ],
    [
      'a limit more',
      z.array(z.number()),
      z.array(z.number()).min(1),
      'who sends',
      ['the payload has a limit more, the least number of elements (1).'],
    ],
    [
      'a limit less',
      z.array(z.number()).max(5),
      z.array(z.number()),
      'who receives',
      ['the payload has a limit less, the greatest number of elements (5).'],
    ],
    [
      'another pattern',
      z.string().regex(/^a$/),
      z.string().regex(/^b$/),
      'both',
      ['the payload has another limit: the pattern is "^b$", no longer "^a$".'],
    ],
    [
      'other elements',
      z.array(z.number()),
      z.array(z.string()),
      'both',
      ['"[]" of the payload is string now, not number.'],
    ],
    [
      'another element of a tuple',
      z.tuple([z.number(), z.number()]),
      z.tuple([z.number(), z.string()]),
      'both',
      ['"[1]" of the payload is string now, not number.'],
    ],
    [
      'a tuple in place of a list',
      z.array(z.number()),
      z.tuple([z.number()]).rest(z.number()),
      'both',
      [
        'the payload has other elements at its places.',
        'the payload has a limit more, the least number of elements (1).',
      ],
    ],
    [
      'other values by any name',
      z.record(z.string(), z.number()),
      z.record(z.string(), z.string()),
      'both',
      ['"*" of the payload is string now, not number.'],
    ],
    [
      'no further properties',
      object,
      z.strictObject({ a: z.number() }),
      'who sends',
      ['the payload takes no further properties now.'],
    ],
    [
      'further properties',
      z.strictObject({ a: z.number() }),
      object,
      'who receives',
      ['the payload can have further properties now.'],
    ],
    [
      'one kind of thing less',
      z.union([Lamp, Fan]),
      Lamp,
      'who sends',
      ['the payload can no longer be an object with "kind": "fan".'],
    ],
    [
      'one kind of thing more',
      z.discriminatedUnion('kind', [Lamp, Fan]),
      z.discriminatedUnion('kind', [Oven, Fan, Lamp]),
      'who receives',
      ['the payload can be an object with "kind": "oven" now.'],
    ],
    [
      'another thing of a kind',
      z.union([Lamp, Fan]),
      z.union([Fan, Lamp.extend({ watts: z.string() })]),
      'both',
      ['"watts" of the payload is string now, not number.'],
    ],
    [
      'another thing deep in itself',
      tree(z.number()),
      tree(z.string()),
      'both',
      ['"leaf" of the payload is string now, not number.'],
    ],
    ['other words', z.number().describe('a').default(1), z.number().describe('b').default(2), 'nobody', []],
    [
      'deprecation',
      object,
      z.object({ a: z.number().meta({ deprecated: true }) }),
      'nobody',
      ['"a" of the payload is deprecated now.'],
    ],
  ] as const)('with %s', (_what, before, after, breaks, sentences) => {
    const one = of(before);
    const other = of(after);
    const fromSenders = received(one, other);
    const toReceivers = sent(one, other);
    const marked = (start: string) => sentences.map((sentence) => `${start} "t": ${sentence}`);
    const breaksSenders = breaks === 'who sends' || breaks === 'both';
    const breaksReceivers = breaks === 'who receives' || breaks === 'both';
    // A sentence may be fine beside one that breaks; together they are all.
    expect([...fromSenders.breaking, ...fromSenders.compatible].sort()).toEqual(marked('receive on').sort());
    expect([...toReceivers.breaking, ...toReceivers.compatible].sort()).toEqual(marked('send to').sort());
    expect([fromSenders.breaking.length > 0, toReceivers.breaking.length > 0]).toEqual([
      breaksSenders,
      breaksReceivers,
    ]);
  });
});

describe('what is no document', () => {
  const fine = written({ receives: [] });

  it.each([
    [[fine, undefined], 'The second document is no AsyncAPI 3 document: it is something else.'],
    [[[], fine], 'The first document is no AsyncAPI 3 document: it is something else.'],
    [[{ asyncapi: '2.6.0' }, fine], 'The first document is no AsyncAPI 3 document: it is AsyncAPI 2.6.0.'],
  ] as const)('%#', ([before, after], sentence) => {
    expect(() => diffDocuments(before, after)).toThrow(sentence);
  });

  it.each([
    ['#/channels/none', '"#/channels/none" leads nowhere in the document.'],
    [
      './channels.json',
      '"./channels.json" is outside the document: bundle what it refers to into the document.',
    ],
    ['#/operations/a/channel', '"#/operations/a/channel" refers to itself.'],
  ])('for the reference %s', (reference, sentence) => {
    const broken = {
      asyncapi: '3.0.0',
      operations: { a: { action: 'receive', channel: { $ref: reference } } },
    };
    expect(() => diffDocuments(fine, broken)).toThrow(sentence);
  });
});
