import { describe, expect, it } from 'vitest';
import { constructorParameters, forwardsArguments } from '../../src/app/injection/constructor-parameters.js';

class Base {
  constructor(
    readonly a: number,
    readonly b = ', c)',
    ...rest: string[]
  ) {
    void rest;
  }
}

describe('constructorParameters', () => {
  it.each([
    ['no constructor', class {}, undefined],
    [
      'no constructor, but the word in other places',
      class {
        text = 'constructor(a)'; /* constructor(b) */
        other = `constructor(${1})`;
        run() {
          return { constructor: (c: number) => c };
        }
      },
      undefined,
    ],
    [
      'an empty list',
      class {
        constructor() {
          void 0;
        }
      },
      [],
    ],
    ['names, defaults and rest', Base, ['a', 'b?', 'rest?']],
    [
      'a first parameter with a default',
      class {
        constructor(a = new Map([[1, { x: ')' }]]), b: number) {
          void a;
          void b;
        }
      },
      ['a?', 'b'],
    ],
    [
      'an arrow function as default',
      class {
        constructor(a: () => number = () => 1, { x, y } = { x: 1, y: 2 }, [z]: number[]) {
          void a;
          void x;
          void y;
          void z;
        }
      },
      ['a?', 'destructured?', 'destructured'],
    ],
    [
      'regular expressions and divisions around it',
      class {
        re = /constructor(['"])/;
        half = 4 / 2;
        constructor($a: number) {
          void $a;
        }
      },
      ['$a'],
    ],
    [
      'templates in templates',
      class {
        text = `a${`b${'}'}`}(${{ c: '`' }.c}`;
        constructor(repo: number, text = `)${`,${1}`}`) {
          void repo;
          void text;
        }
      },
      ['repo', 'text?'],
    ],
    [
      'a slash or a quote between the brackets of a regular expression, and one behind a keyword',
      class {
        quotes = /[/'"`]/;
        closing() {
          return /['})]/.test('x') ? 8 / 4 : typeof /[`(]/;
        }
        constructor(repo: number) {
          void repo;
        }
      },
      ['repo'],
    ],
    [
      'comments',
      class {
        // constructor(a, b) { it's
        /* constructor(c) ` */
        constructor(/* , ( */ repo: number /* = 1 */) {
          void repo;
        }
      },
      ['repo'],
    ],
  ])('reads %s', (_what, target, expected) => {
    const read = constructorParameters(target)?.map(({ name, optional }) => (optional ? `${name}?` : name));
    expect(read).toEqual(expected);
  });
});

describe('forwardsArguments', () => {
  it.each([
    ['no constructor of its own', class extends Base {}, true],
    [
      'what a compiler writes for a field',
      class extends Base {
        constructor(...args: [number]) {
          super(...args);
        }
      },
      true,
    ],
    [
      'a constructor that chooses',
      class extends Base {
        constructor() {
          super(1);
        }
      },
      false,
    ],
  ])('knows %s', (_what, target, expected) => {
    expect(forwardsArguments(target)).toBe(expected);
  });
});
