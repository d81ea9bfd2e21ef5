import type { Host } from './host.js';

/** An option that is there or not. */
export interface Flag {
  readonly kind: 'flag';
  readonly summary: string;
  readonly short?: string;
}

/** An option that can be said both ways, `--name` and `--no-name`; undefined where neither is. */
export interface Toggle {
  readonly kind: 'toggle';
  readonly summary: string;
}

/** An option with a value; of several the last counts. */
export interface Value<T> {
  readonly kind: 'value';
  readonly summary: string;
  readonly short?: string;
  /** How the help shows the value: `<number>`. */
  readonly shown: string;
  /** What fits, behind "takes": `a number from 0 to 65535`. */
  readonly takes: string;
  /** Returns undefined for what does not fit. */
  readonly read: (text: string) => T | undefined;
}

/** An option with a value that may be said more than once; an empty list where it is not. */
export interface Values<T> extends Omit<Value<T>, 'kind'> {
  readonly kind: 'values';
}

export type Option = Flag | Toggle | Value<unknown> | Values<unknown>;
export type Options = Readonly<Record<string, Option>>;

/** A word that is no option: the first for the first operand, and so on. */
export interface Operand {
  /** What fits, behind "takes". */
  readonly takes: string;
  readonly optional?: boolean;
  /** Whether an empty text is one. */
  readonly mayBeEmpty?: boolean;
}
export type Operands = Readonly<Record<string, Operand>>;

export type OptionValues<O extends Options> = {
  readonly [N in keyof O]: O[N] extends Value<infer T>
    ? T | undefined
    : O[N] extends Values<infer T>
      ? readonly T[]
      : O[N] extends Toggle
        ? boolean | undefined
        : boolean;
};
export type OperandValues<W extends Operands> = {
  readonly [N in keyof W]: W[N] extends { readonly optional: true } ? string | undefined : string;
};

export interface CommandSpec<W extends Operands, O extends Options> {
  readonly name: string;
  /** What it does, in the list of commands: a few words. */
  readonly summary: string;
  /** The first line of its own help; the summary if left out. */
  readonly purpose?: string;
  /** In the order of the words. An optional one comes last. */
  readonly operands?: W;
  readonly options?: O;
  /** Sentences under the options in the help. */
  readonly notes?: string;
  readonly example: string;
  /** Resolves with the exit code: 0 when it did what was asked. Throws `Failure` or `Misunderstanding`. */
  run(given: OptionValues<O> & OperandValues<W>, host: Host): Promise<number>;
}

export interface Command extends Omit<CommandSpec<Operands, Options>, 'run' | 'operands' | 'options'> {
  readonly operands: Operands;
  readonly options: Options;
  run(given: Readonly<Record<string, unknown>>, host: Host): Promise<number>;
}

/** Commands under a common word, such as `generate controller`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly purpose?: string;
  readonly commands: readonly (Command | CommandGroup)[];
  readonly notes?: string;
  readonly example: string;
}

// biome-ignore lint/complexity/noBannedTypes: a command without operands or options adds no names
export function defineCommand<const W extends Operands = {}, const O extends Options = {}>(
  spec: CommandSpec<W, O>,
): Command {
  return {
    ...spec,
    operands: spec.operands ?? {},
    options: spec.options ?? {},
    // readWords() reads the words by these operands and options, which is what the types say.
    run: (given, host) => spec.run(given as OptionValues<O> & OperandValues<W>, host),
  };
}

export const flag = (summary: string, short?: string): Flag => ({
  kind: 'flag',
  summary,
  ...(short !== undefined && { short }),
});

export const toggle = (summary: string): Toggle => ({ kind: 'toggle', summary });

export function value<T>(spec: Omit<Value<T>, 'kind'>): Value<T> {
  return { kind: 'value', ...spec };
}

export function values<T>(spec: Omit<Values<T>, 'kind'>): Values<T> {
  return { kind: 'values', ...spec };
}

export function takesValue(option: Option): option is Value<unknown> | Values<unknown> {
  return option.kind === 'value' || option.kind === 'values';
}

/** One of some names. */
export function oneOf<const N extends string>(
  names: readonly N[],
  spec: Pick<Value<N>, 'summary' | 'shown' | 'short'>,
): Value<N> {
  return value({
    ...spec,
    takes: `one of ${names.join(', ')}`,
    read: (text) => names.find((name) => name === text),
  });
}

/** What was asked could not be done: a sentence that says what happened and what to do. Exit code 1. */
export class Failure extends Error {}

/** What was asked was not understood: a sentence. Exit code 2. */
export class Misunderstanding extends Error {}
