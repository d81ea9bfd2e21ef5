import { describe, expect, it } from 'vitest';
import {
  type Command,
  defineCommand,
  flag,
  Misunderstanding,
  oneOf,
  toggle,
  values,
} from '../../src/cli/command.js';
import { readWords } from '../../src/cli/read-words.js';

const command: Command = defineCommand({
  name: 'knit',
  summary: 'knit socks',
  operands: {
    pattern: { takes: 'a pattern, such as ribs' },
    yarn: { takes: 'a yarn, such as wool', optional: true },
  },
  options: {
    size: oneOf(['small', 'large'], { shown: '<size>', short: 's', summary: 'how large' }),
    pair: toggle('knit two'),
    quiet: flag('say nothing', 'q'),
  },
  example: 'knit ribs',
  run: async () => 0,
});

describe('reads', () => {
  it.each<[words: string[], given: object]>([
    [['ribs'], { pattern: 'ribs', quiet: false }],
    [['ribs', 'wool'], { pattern: 'ribs', yarn: 'wool', quiet: false }],
    [['--size', 'small', 'ribs', '-q'], { pattern: 'ribs', size: 'small', quiet: true }],
    [['ribs', '--size=small', '--size=large'], { pattern: 'ribs', size: 'large', quiet: false }],
    [['ribs', '-s', 'small'], { pattern: 'ribs', size: 'small', quiet: false }],
    [['ribs', '--pair'], { pattern: 'ribs', pair: true, quiet: false }],
    [['ribs', '--no-pair'], { pattern: 'ribs', pair: false, quiet: false }],
    [['--', '--pair'], { pattern: '--pair', quiet: false }],
  ])('%j', (words, given) => {
    expect(readWords(command, words)).toEqual(given);
  });

  it.each([[['--help']], [['-h']], [['ribs', '--help']]])('%j as the wish for help', (words) => {
    expect(readWords(command, words)).toBe('help');
  });
});

describe('refuses with a sentence', () => {
  it.each<[name: string, words: string[], sentence: string]>([
    ['a missing operand', [], '<pattern> is missing: it takes a pattern, such as ribs.'],
    ['an empty operand', [''], "<pattern> takes a pattern, such as ribs, not ''."],
    ['a word too many', ['ribs', 'wool', 'more'], "'more' is not understood."],
    [
      'an option near another',
      ['ribs', '--szie=small'],
      "'--szie' is not understood. Did you mean '--size'?",
    ],
    [
      'a denial near another',
      ['ribs', '--no-par'],
      "'--no-par' is not understood. Did you mean '--no-pair'?",
    ],
    ['an option near none', ['ribs', '--colour'], "'--colour' is not understood."],
    [
      'the denial of what is no toggle',
      ['ribs', '--no-quiet'],
      "'--no-quiet' is not understood. Did you mean '--quiet'?",
    ],
    ['a value for a flag', ['ribs', '--quiet=yes'], '--quiet takes no value.'],
    ['a value for a denial', ['ribs', '--no-pair=yes'], '--no-pair takes no value.'],
    ['no value', ['ribs', '--size'], '--size takes one of small, large.'],
    ['an option for a value', ['ribs', '--size', '--pair'], '--size takes one of small, large.'],
    ['a value that does not fit', ['ribs', '-s', 'huge'], "-s takes one of small, large, not 'huge'."],
  ])('%s', (_name, words, sentence) => {
    expect(() => readWords(command, words)).toThrow(new Misunderstanding(sentence));
  });
});

describe('an option that may be said again', () => {
  const dye = defineCommand({
    name: 'dye',
    summary: 'dye socks',
    operands: { note: { takes: 'a note', mayBeEmpty: true } },
    options: {
      colour: values({
        shown: '<name>',
        summary: 'in this colour',
        takes: 'a colour, such as red',
        read: (text) => (text === 'mud' ? undefined : text),
      }),
    },
    example: 'dye --colour red --colour blue',
    run: async () => 0,
  });

  it('gives all values in their order, and none where it is not said', () => {
    expect(readWords(dye, ['', '--colour', 'red', '--colour=blue'])).toEqual({
      note: '',
      colour: ['red', 'blue'],
    });
    expect(readWords(dye, ['x'])).toEqual({ note: 'x', colour: [] });
  });

  it('refuses each value that does not fit', () => {
    expect(() => readWords(dye, ['x', '--colour', 'red', '--colour', 'mud'])).toThrow(
      new Misunderstanding("--colour takes a colour, such as red, not 'mud'."),
    );
  });
});
