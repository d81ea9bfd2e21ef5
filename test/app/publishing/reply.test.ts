import { decode, encode } from '@msgpack/msgpack';
import { defineTopic, InvalidMessage, ReplyError } from 'topicwise';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorReplyTo, type Reply, readReply, replyTo } from '../../../src/app/publishing/reply.js';

const config = defineTopic('config/get', { reply: z.object({ n: z.number() }) });
const request = { responseTopic: 'replies/1', correlationData: Uint8Array.of(0, 255, 10) };

/** What the requester reads of it. */
const read = (reply: Reply | undefined) =>
  readReply(config, { payload: reply!.payload, ...reply!.properties });

describe('a reply', () => {
  it('goes to the topic that the request names, with its correlation data', () => {
    const reply = replyTo(request, config, { n: 1 }) as Reply; // no asynchronous schema
    expect(reply).toEqual({
      topic: 'replies/1',
      payload: new TextEncoder().encode('{"n":1}'),
      properties: { correlationData: request.correlationData },
    });
    expect(read(reply)).toEqual({ n: 1 });
    expect(replyTo({ responseTopic: 'r' }, config, { n: 1 })).toMatchObject({ topic: 'r', properties: {} });
  });

  it('is none where nobody waits for it', () => {
    expect(replyTo({}, config, { n: 1 })).toBeUndefined();
    expect(errorReplyTo({}, new Error())).toBeUndefined();
  });

  it('is in the codec of the request, and says so', () => {
    const messagePack = {
      name: 'MessagePack',
      contentTypes: ['application/msgpack'],
      encode,
      decode: () => 1,
    };
    const either = defineTopic('e', { codec: ['json', messagePack], reply: z.number() });
    expect(replyTo({ ...request, contentType: 'application/msgpack' }, either, 1)).toMatchObject({
      payload: encode(1),
      properties: { contentType: 'application/msgpack' },
    });
    expect(replyTo(request, either, 1)).toMatchObject({ payload: new TextEncoder().encode('1') });
  });

  it('is read in the codec of the request also where that is built in, and not the first', () => {
    const messagePack = { name: 'MessagePack', contentTypes: ['application/msgpack'], encode, decode };
    const either = defineTopic('e', { codec: [messagePack, 'json'], reply: z.number() });
    const reply = replyTo({ ...request, contentType: 'application/json' }, either, 1) as Reply; // no asynchronous schema
    expect(reply.payload).toEqual(new TextEncoder().encode('1'));
    expect(readReply(either, { payload: reply.payload, ...reply.properties })).toBe(1);
  });

  it('is a promise only where its schema is asynchronous', async () => {
    const slow = defineTopic('s', { reply: z.number().refine(async (n) => n > 1, 'is too small') });
    await expect(replyTo(request, slow, 2)).resolves.toMatchObject({ topic: 'replies/1' });
    await expect(replyTo(request, slow, 1)).rejects.toThrow('The reply does not fit "s": is too small.');
  });
});

describe('an error reply', () => {
  it('carries code and message, and no payload', () => {
    const reply = errorReplyTo(request, new ReplyError('not-found', 'No such device'));
    expect(reply).toEqual({
      topic: 'replies/1',
      payload: new Uint8Array(),
      properties: {
        correlationData: request.correlationData,
        userProperties: [
          ['reply-error', 'not-found'],
          ['reply-error-message', 'No such device'],
        ],
      },
    });
    expect(() => read(reply)).toThrow(ReplyError);
    expect(() => read(reply)).toThrow(
      expect.objectContaining({ code: 'not-found', message: 'No such device' }),
    );
  });

  it.each([
    [
      'what was wrong with the request',
      new InvalidMessage('payload', 'It does not fit', [{ path: ['n'], message: 'Required' }]),
      'invalid-message',
      'It does not fit: n: Required.',
    ],
    [
      'no word of what was wrong with the reply',
      new InvalidMessage('reply', 'It does not fit', []),
      'failed',
      'The handler of the request failed.',
    ],
    [
      'no word of any other error',
      new TypeError('the password is 123'),
      'failed',
      'The handler of the request failed.',
    ],
    ['no word of what is no error', 'the password is 123', 'failed', 'The handler of the request failed.'],
  ])('tells the requester %s', (_name, error, code, message) => {
    expect(() => read(errorReplyTo(request, error))).toThrow(expect.objectContaining({ code, message }));
  });

  it('is short, and legal in MQTT, whatever the handler put into it', () => {
    const reply = errorReplyTo(request, new ReplyError('a\0b', `\ud800${'x'.repeat(70_000)}`));
    expect(reply?.properties.userProperties).toEqual([
      ['reply-error', 'a\ufffdb'],
      ['reply-error-message', `\ufffd${'x'.repeat(998)}…`],
    ]);
  });

  it('is one with an empty code too', () => {
    expect(() => read(errorReplyTo(request, new ReplyError('', '')))).toThrow(ReplyError);
  });
});
