import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTopic, InvalidMessage, parseParams } from '../../src/contracts/index.js';
import { TopicError } from '../../src/topics/index.js';

describe('parseParams', () => {
  const contract = defineTopic('sites/+site/devices/+n/#rest', {
    params: { site: z.string().min(3), n: z.coerce.number().int() },
  });

  it('converts what has a schema and leaves the rest as text', () => {
    expect(parseParams(contract, 'sites/ams1/devices/7/a/b')).toEqual({ site: 'ams1', n: 7, rest: 'a/b' });
  });

  it('tells a topic of someone else from a bad one of its own', () => {
    expect(parseParams(contract, 'sites/ams1/gateways/7')).toBeUndefined();
    expect(() => parseParams(contract, 'sites/a/devices/x')).toThrow(InvalidMessage);
  });

  it('names every parameter that does not fit', () => {
    const error = thrownBy(() => parseParams(contract, 'sites/a/devices/x'));
    expect(error).toMatchObject({ name: 'InvalidMessage', part: 'params' });
    expect(error.issues.map(({ path }) => path)).toEqual([['site'], ['n']]);
    expect(error.message).toMatch(
      /^The topic "sites\/a\/devices\/x" does not fit "sites\/\+site\/devices\/\+n\/#rest": site: .+; n: .+\.$/,
    );
  });

  it('names a long topic in short', () => {
    const error = thrownBy(() => parseParams(contract, `sites/a/devices/x/${'y'.repeat(65_000)}`));
    expect(error.message).toMatch(/^The topic "sites\/a.{60,80}\.\.\." does not fit /);
  });

  it('refuses an asynchronous schema, which would make every match a promise', () => {
    // It rejects besides: that must not become an unhandled rejection.
    const validate = () => Promise.reject(new Error('too late'));
    const slow = defineTopic('a/+id', {
      params: { id: { '~standard': { version: 1, vendor: 'test', validate } } as StandardSchemaV1<string> },
    });
    expect(() => slow.match('a/1')).toThrow(TopicError);
    expect(() => slow.match('a/1')).toThrow('The schema of the parameter "id" of "a/+id" is asynchronous');
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
