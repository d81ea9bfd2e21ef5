import { describe, expect, it } from 'vitest';
import { lookAt, read } from '../../../src/cli/messages/look.js';
import type { Codec } from '../../../src/contracts/index.js';

describe('by looking', () => {
  it.each([
    ['an object', '{"a":1}', { kind: 'json', text: '{"a":1}' }],
    ['a number', '21.5', { kind: 'json', text: '21.5' }],
    [
      'a number with more digits than a double has',
      '12345678901234567890',
      { kind: 'json', text: '12345678901234567890' },
    ],
    [
      'an object over several lines',
      '{\n\t"a": 1,\r\n  "b": 2\n}\n',
      { kind: 'json', text: '{ "a": 1, "b": 2 }' },
    ],
    ['text', 'on fire', { kind: 'text', text: 'on fire' }],
    ['text over several lines', 'a\n\tb', { kind: 'text', text: 'a\n\tb' }],
    ['text with the escape of a terminal', 'a\u001b[2J', { kind: 'hex', text: '611b5b324a' }],
    ['nothing', '', { kind: 'empty' }],
  ])('%s', (_what, text, shown) => {
    expect(lookAt(Buffer.from(text))).toEqual(shown);
  });

  it('bytes that are no UTF-8', () => {
    expect(lookAt(Uint8Array.of(0xff, 0x00, 0x10))).toEqual({ kind: 'hex', text: 'ff0010' });
  });
});

describe('by a codec', () => {
  const rich: Codec = {
    name: 'rich',
    contentTypes: ['application/x-rich'],
    encode: () => new Uint8Array(),
    decode: (bytes) => {
      if (bytes.length === 0) throw new Error('nothing there');
      return { big: 12345678901234567890n, raw: bytes, map: new Map([[1, new Set(['x'])]]), at: new Date(0) };
    },
  };

  it('shows text as text, whatever it looks like', () => {
    expect(read(['text'], Buffer.from('17'), undefined)).toEqual({ kind: 'text', text: '17' });
  });

  it('lets the content type choose', () => {
    expect(read(['text', 'json'], Buffer.from('17'), 'application/json')).toEqual({
      kind: 'json',
      text: '17',
    });
  });

  it('shows what JSON does not have in the next best way', () => {
    expect(read([rich], Uint8Array.of(0xab), undefined)).toEqual({
      kind: 'json',
      text: '{"big":"12345678901234567890","raw":"ab","map":{"1":["x"]},"at":"1970-01-01T00:00:00.000Z"}',
    });
  });

  it('looks at what it can not read', () => {
    expect(read([rich], new Uint8Array(), undefined)).toEqual({ kind: 'empty' });
    expect(read(['text'], Uint8Array.of(0xff), undefined)).toEqual({ kind: 'hex', text: 'ff' });
  });
});
