// What a constructor's source says about its parameters. `length` can't be trusted: it stops at the first default.

export interface ConstructorParameter {
  readonly name: string;
  /** It has a default or is a rest parameter: nothing has to be injected. */
  readonly optional: boolean;
}

/** `undefined` when the class has no constructor of its own. */
export function constructorParameters(target: object): readonly ConstructorParameter[] | undefined {
  const source = Function.prototype.toString.call(target);
  const start = constructorStart(source);
  if (start === undefined) return undefined;
  return splitParameters(source, start).map(describe);
}

/** True when the only thing known of the constructor is that it hands its arguments on, as compilers write it. */
export function forwardsArguments(target: object): boolean {
  const source = Function.prototype.toString.call(target);
  const start = constructorStart(source);
  return start === undefined || /^[^)]*\)\s*\{\s*super\(\.\.\.(arguments|\w+)\)/.test(source.slice(start));
}

function describe(text: string): ConstructorParameter {
  const rest = text.startsWith('...');
  const name = /^(?:\.\.\.)?([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(text)?.[1] ?? 'destructured';
  return { name, optional: rest || hasDefault(text) };
}

function hasDefault(text: string): boolean {
  for (const { char, at, depth } of significant(text, 0)) {
    if (char === '=' && depth === 0 && text[at + 1] !== '>') return true;
  }
  return false;
}

/** Where the parameter list begins: after the parenthesis of `constructor(` on the first level of the class body. */
function constructorStart(source: string): number | undefined {
  for (const { char, at, depth } of significant(source, 0)) {
    if (char !== 'c' || depth !== 1 || /[\p{ID_Continue}$.#]/u.test(source[at - 1] ?? '')) continue;
    const match = /^constructor\s*\(/.exec(source.slice(at, at + 40));
    if (match) return at + match[0].length;
  }
  return undefined;
}

function splitParameters(source: string, start: number): string[] {
  const parameters: string[] = [];
  let text = '';
  for (const { char, depth } of significant(source, start)) {
    if (depth < 0) break;
    if (char === ',' && depth === 0) {
      parameters.push(text.trim());
      text = '';
    } else text += char;
  }
  if (text.trim()) parameters.push(text.trim());
  return parameters;
}

interface Significant {
  readonly char: string;
  readonly at: number;
  /** Open brackets around it, counted from where the scan began. */
  readonly depth: number;
}

/** Every character that is no comment and not inside a string, a template or a regular expression. */
function* significant(source: string, from: number): Generator<Significant> {
  let depth = 0;
  let previous = '';
  for (let at = from; at < source.length; at++) {
    const skipped = skip(source, at, previous);
    if (skipped > at) {
      at = skipped - 1;
      if (!/\s/.test(source[skipped - 1] ?? '')) previous = source[skipped - 1] ?? previous;
      continue;
    }
    const char = source[at] as string;
    if (char === ')' || char === ']' || char === '}') depth--;
    yield { char, at, depth };
    if (char === '(' || char === '[' || char === '{') depth++;
    if (!/\s/.test(char)) previous = char;
  }
}

/** The index behind a comment, string, template or regular expression that begins at `at`; `at` if none does. */
function skip(source: string, at: number, previous: string): number {
  const char = source[at];
  if (char === '"' || char === "'" || char === '`') return behind(source, at + 1, char);
  if (char !== '/') return at;
  if (source[at + 1] === '/') return lineEnd(source, at);
  if (source[at + 1] === '*') return source.indexOf('*/', at + 2) + 2;
  // A slash after an operand divides; anywhere else it opens a regular expression.
  return /[\w$)\]}"'`]/.test(previous) ? at : behind(source, at + 1, '/');
}

function behind(source: string, from: number, quote: string): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at + 1;
  }
  return source.length;
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}
