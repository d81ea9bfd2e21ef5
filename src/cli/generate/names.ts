import { Misunderstanding } from '../command.js';
import type { Kind } from './kinds.js';

/** A name in the spellings that code needs. */
export interface Names {
  /** `lamp-state`, for files and topics. */
  readonly kebab: string;
  /** `lampState` */
  readonly camel: string;
  /** `LampState` */
  readonly pascal: string;
}

/** Reads `lamp-state`, `lampState`, `LampState` or `lamp_state`; a word of `kind` at the end, as in `LampController`, is left off. */
export function namesOf(text: string, { name: kind, suffix }: Pick<Kind, 'name' | 'suffix'>): Names {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/);
  if (words.length > 1 && words.at(-1) === kind) words.pop();
  if (!words.every((word) => /^[a-z0-9]+$/.test(word)) || !/^[a-z]/.test(words[0]!))
    throw new Misunderstanding(
      `<name> takes a name of letters, digits and dashes that begins with a letter, such as lamp-state, not '${text}'.`,
    );
  const pascal = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('');
  return {
    kebab: words.join('-'),
    pascal,
    camel: `${lowerFirst(pascal)}${taken.has(pascal.toLowerCase()) ? suffix : ''}`,
  };
}

const lowerFirst = (word: string) => `${word[0]!.toLowerCase()}${word.slice(1)}`;

/** Keywords, and names that generated code has for something else. */
const taken = new Set(
  (
    'arguments async await break case catch class const continue debugger default delete do else enum eval export extends false finally ' +
    'for function if implements import in instanceof interface let new null package private protected public return static super ' +
    'switch this throw true try typeof undefined var void while with yield ' +
    'app buffer createapp createtestapp definemiddleware definetopic delivery expect ids it message next options outcome test topic z'
  ).split(' '),
);
