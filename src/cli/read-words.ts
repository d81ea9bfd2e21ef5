import { parseArgs } from 'node:util';
import {
  type Command,
  Misunderstanding,
  type Option,
  takesValue,
  type Value,
  type Values,
} from './command.js';
import { nearest } from './nearest.js';

/** What the words behind a command's name say, by its operands and options; `'help'` if they ask for it. */
export function readWords(
  { operands, options }: Command,
  words: readonly string[],
): Readonly<Record<string, unknown>> | 'help' {
  const known = new Map(Object.entries(options));
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...settings(options), help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false, // it would explain itself in sentences of its own
    tokens: true,
  });
  const given: Record<string, unknown> = {};
  for (const [name, { kind }] of known) {
    if (kind === 'flag') given[name] = false;
    if (kind === 'values') given[name] = [];
  }
  const wanted = Object.entries(operands);
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const operand = wanted.shift();
      if (operand === undefined) throw notUnderstood(token.value, []);
      if (token.value === '' && operand[1].mayBeEmpty !== true)
        throw new Misunderstanding(`<${operand[0]}> takes ${operand[1].takes}, not ''.`);
      given[operand[0]] = token.value;
      continue;
    }
    if (token.kind !== 'option') continue;
    if (token.name === 'help') {
      if (token.value !== undefined) throw new Misunderstanding(`${token.rawName} takes no value.`);
      help = true;
      continue;
    }
    const [name, option, negated] = find(token.name, known) ?? [];
    if (name === undefined || option === undefined) throw notUnderstood(token.rawName, spellings(known));
    if (takesValue(option)) {
      const said = read(token.rawName, option, token.value, token.inlineValue);
      // Begun above as a list of its own.
      if (option.kind === 'values') (given[name] as unknown[]).push(said);
      else given[name] = said;
    } else if (token.value !== undefined) throw new Misunderstanding(`${token.rawName} takes no value.`);
    else given[name] = !negated;
  }
  if (help) return 'help';
  const missing = wanted.find(([, { optional }]) => optional !== true);
  if (missing) throw new Misunderstanding(`<${missing[0]}> is missing: it takes ${missing[1].takes}.`);
  return given;
}

/** A sentence on a word that means nothing here, with the nearest one that does. */
export function notUnderstood(word: string, names: readonly string[]): Misunderstanding {
  const near = nearest(word, names);
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`;
  return new Misunderstanding(`'${word}' is not understood.${hint}`);
}

function settings(options: Readonly<Record<string, Option>>) {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: takesValue(option) ? ('string' as const) : ('boolean' as const),
        ...('short' in option && option.short !== undefined && { short: option.short }),
      },
    ]),
  );
}

function find(
  name: string,
  known: ReadonlyMap<string, Option>,
): readonly [name: string, option: Option, negated: boolean] | undefined {
  const option = known.get(name);
  if (option) return [name, option, false];
  const positive = name.startsWith('no-') ? name.slice('no-'.length) : '';
  const toggle = known.get(positive);
  return toggle?.kind === 'toggle' ? [positive, toggle, true] : undefined;
}

function spellings(known: ReadonlyMap<string, Option>): readonly string[] {
  const all = ['--help'];
  for (const [name, option] of known) {
    all.push(`--${name}`);
    if (option.kind === 'toggle') all.push(`--no-${name}`);
  }
  return all;
}

function read(
  rawName: string,
  { takes, read }: Value<unknown> | Values<unknown>,
  text: string | undefined,
  inline: boolean | undefined,
): unknown {
  // `--port --host x`: the next option is no value, unless it is written as one with `=`.
  if (text === undefined || (inline !== true && /^-[^\d]/.test(text)))
    throw new Misunderstanding(`${rawName} takes ${takes}.`);
  const value = read(text);
  if (value === undefined) throw new Misunderstanding(`${rawName} takes ${takes}, not '${text}'.`);
  return value;
}
