import { expect, it } from 'vitest';
import { jsonLine } from '../../../src/cli/messages/json-line.js';
import { lookAt } from '../../../src/cli/messages/look.js';

const line = (text: string) => jsonLine({ topic: 'a' }, 'payload', lookAt(Buffer.from(text)));

it.each([
  [
    '{\n"n": 12345678901234567890 }',
    '{"topic":"a","payloadEncoding":"json","payload":{ "n": 12345678901234567890 }}',
  ],
  ['it burns', '{"topic":"a","payloadEncoding":"text","payload":"it burns"}'],
  ['\u0000', '{"topic":"a","payloadEncoding":"hex","payload":"00"}'],
  ['', '{"topic":"a","payloadEncoding":"text","payload":""}'],
])('holds the payload %j as it was written', (payload, expected) => {
  expect(line(payload)).toBe(`${expected}\n`);
});

it('is legal JSON on one line without anything that a terminal would obey', () => {
  const evil = { 'a\u009b\u202e': ['\u001b\n\u2028'] };
  const written = line(JSON.stringify(evil, null, '\t'));
  expect(written.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  expect(JSON.parse(written)).toEqual({ topic: 'a', payloadEncoding: 'json', payload: evil });
});
