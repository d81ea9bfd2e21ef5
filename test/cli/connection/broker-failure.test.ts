import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Failure } from '../../../src/cli/command.js';
import { brokerFailure, SPELLED } from '../../../src/cli/connection/broker-failure.js';
import { LimitError } from '../../../src/client/index.js';

const sources = ['connect-failures', 'system-failures', 'request-reply', 'endpoint']
  .map((file) => readFileSync(new URL(`../../../src/client/${file}.ts`, import.meta.url), 'utf8'))
  .join('\n');

it.each(SPELLED)('%j, which the client says, is %j here', (ofTheClient, here) => {
  expect(sources).toContain(ofTheClient); // else there is nothing to say differently any more
  const failure = brokerFailure(new LimitError('queue', `It failed: ${ofTheClient}.`));
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toHaveProperty('message', `It failed: ${here}.`);
});

it('escapes what the broker may have put into the sentence', () => {
  expect(brokerFailure(new LimitError('queue', 'no \u001b[2J'))).toHaveProperty('message', 'no \\u001b[2J');
});

it('leaves a mistake of the program what it is', () => {
  const mistake = new TypeError('x is not a function');
  expect(brokerFailure(mistake)).toBe(mistake);
});
