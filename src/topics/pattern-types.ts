// Patterns at compile time. Each type jumps from wildcard to wildcard: levels of plain text cost the compiler nothing.

/** What a name can't contain, as far as types can tell; `parsePattern` refuses the rest of Unicode. */
type NotInName =
  // biome-ignore format: a table
  | ' '
  | '!'
  | '"'
  | '#'
  | '$'
  | '%'
  | '&'
  | "'"
  | '('
  | ')'
  | '*'
  | '+'
  | ','
  | '-'
  | '.'
  | ':'
  | ';'
  | '<'
  | '='
  | '>'
  | '?'
  | '@'
  | '['
  | '\\'
  | ']'
  | '^'
  | '`'
  | '{'
  | '|'
  | '}'
  | '~';
type BadName = `${string}${NotInName}${string}`;
type LevelStart = '' | `${string}/`;

type PlusNames<P extends string> = P extends `${string}+${infer T}`
  ? T extends `${infer N}/${infer R}`
    ? N | PlusNames<R>
    : T
  : never;
type HashName<P extends string> = P extends `${string}#${infer N}` ? N : never;

/** The names of a pattern's wildcards: `'site' | 'path'` for `'logs/+site/+/#path'`; `string` for a pattern known only at run time. */
export type ParamName<P extends string> = string extends P ? string : Exclude<PlusNames<P> | HashName<P>, ''>;

/** What matching a pattern yields: a text for each named wildcard. */
export type ParamsOf<P extends string> = { readonly [K in ParamName<P>]: string };

/** Does the pattern have a wildcard without a name, so that no topic can be built from it? */
export type HasUnnamed<P extends string> = string extends P
  ? false
  : '' extends PlusNames<P> | HashName<P>
    ? true
    : false;

/** `P` for a legal pattern, else a sentence that becomes the compiler's error. A `string` passes: it is checked at run time. */
export type ValidPattern<P extends string> = string extends P
  ? P
  : P extends ''
    ? 'Invalid topic pattern: it is empty'
    : P extends `$share/${string}`
      ? 'Invalid topic pattern: use the option { share } instead of writing "$share/"'
      : CheckPlus<P, P, never>;

type CheckPlus<
  P extends string,
  Rest extends string,
  Seen extends string,
> = Rest extends `${infer H}+${infer T}`
  ? H extends `${string}#${string}`
    ? CheckHash<P, Rest, Seen>
    : H extends LevelStart
      ? T extends `${infer N}/${infer R}`
        ? N extends ''
          ? CheckPlus<P, R, Seen>
          : N extends BadName
            ? BadNameSentence<'+', N>
            : N extends Seen
              ? `Invalid topic pattern: "${N}" names two wildcards`
              : CheckPlus<P, R, Seen | N>
        : T extends BadName
          ? BadNameSentence<'+', T>
          : T extends Seen
            ? `Invalid topic pattern: "${T}" names two wildcards`
            : P
      : Glued<LastLevel<H>, '+'>
  : CheckHash<P, Rest, Seen>;

type CheckHash<
  P extends string,
  Rest extends string,
  Seen extends string,
> = Rest extends `${infer H}#${infer N}`
  ? H extends LevelStart
    ? N extends `${string}/${string}`
      ? 'Invalid topic pattern: "#" is only allowed as the last level'
      : N extends BadName
        ? BadNameSentence<'#', N>
        : N extends Seen
          ? `Invalid topic pattern: "${N}" names two wildcards`
          : P
    : Glued<LastLevel<H>, '#'>
  : P;

type LastLevel<H extends string> = H extends `${string}/${infer R}` ? LastLevel<R> : H;
type Glued<
  L extends string,
  W extends string,
> = `Invalid topic pattern: a wildcard must fill a whole level, unlike "${L}${W}"`;
type BadNameSentence<
  W extends string,
  N extends string,
> = `Invalid topic pattern: a wildcard's name has letters, digits and "_" only, unlike "${W}${N}"`;
