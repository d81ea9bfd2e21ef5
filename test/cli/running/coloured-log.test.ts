import { expect, it } from 'vitest';
import { colouredLog } from '../../../src/cli/running/coloured-log.js';
import { VirtualClock } from '../../../src/time/index.js';

function logged(colours: boolean, log: (logger: ReturnType<typeof colouredLog>) => void): string {
  let text = '';
  log(colouredLog({ colours, write: (more) => (text += more) }, new VirtualClock(37_230_000)));
  return text;
}

it('prints the time of day, the level in a colour and the facts in the background', () => {
  expect(logged(true, (logger) => logger.warn({ a: 1, b: 'two words' }, 'It is a=b.'))).toBe(
    '\u001b[90m10:20:30\u001b[39m \u001b[33mWARN \u001b[39m It is a=b. \u001b[90ma=1 b="two words"\u001b[39m\n',
  );
});

it.each<[what: string, log: (logger: ReturnType<typeof colouredLog>) => void, line: string]>([
  ['a sentence with facts', (logger) => logger.info({ a: 1 }, 'Hello.'), '10:20:30 INFO  Hello. a=1\n'],
  ['a sentence', (logger) => logger.error({}, 'Hello.'), '10:20:30 ERROR Hello.\n'],
  [
    'several lines',
    (logger) => logger.error({}, '2 mistakes:\n  - one\n  - two'),
    '10:20:30 ERROR 2 mistakes:\n  - one\n  - two\n',
  ],
  ['facts alone', (logger) => logger.info({ a: 1 }), '10:20:30 INFO  a=1\n'],
])('prints %s without colours where there are none', (_what, log, line) => {
  expect(logged(false, log)).toBe(line);
});
