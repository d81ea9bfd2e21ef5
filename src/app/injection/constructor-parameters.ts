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
  let operand = false;
  for (let at = from; at < source.length; at++) {
    const char = source[at] as string;
    const skipped = behindComment(source, at) ?? behindLiteral(source, at, operand);
    if (skipped !== undefined) {
      operand ||= char !== '/' || !/[/*]/.test(source[at + 1] ?? '');
      at = skipped - 1;
      continue;
    }
    if (char === ')' || char === ']' || char === '}') depth--;
    yield { char, at, depth };
    if (char === '(' || char === '[' || char === '{') depth++;
    if (!/\s/.test(char)) operand = endsOperand(source, at);
  }
}

const KEYWORDS =
  /(?<![\p{ID_Continue}$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|instanceof|yield|await)$/u;

/** Whether a slash after this character divides; after anything else it opens a regular expression. */
function endsOperand(source: string, at: number): boolean {
  if (!/[\p{ID_Continue}$)\]}]/u.test(source[at] as string)) return false;
  return !KEYWORDS.test(source.slice(Math.max(0, at - 11), at + 1));
}

function behindComment(source: string, at: number): number | undefined {
  if (source[at] !== '/') return undefined;
  if (source[at + 1] === '/') return orEnd(source, source.indexOf('\n', at));
  return source[at + 1] === '*' ? source.indexOf('*/', at + 2) + 2 : undefined;
}

/** The index behind the string, template or regular expression that begins here. */
function behindLiteral(source: string, at: number, operand: boolean): number | undefined {
  const char = source[at];
  if (char === '"' || char === "'") return behindString(source, at, char);
  if (char === '`') return behindTemplate(source, at);
  return char === '/' && !operand ? behindRegularExpression(source, at) : undefined;
}

function behindString(source: string, start: number, quote: string): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at + 1;
  }
  return source.length;
}

function behindTemplate(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '`') return at + 1;
    else if (source[at] === '$' && source[at + 1] === '{') at = closingBrace(source, at + 2);
  }
  return source.length;
}

/** A slash between brackets is a character like any other. */
function behindRegularExpression(source: string, start: number): number {
  let bracketed = false;
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (char === '[') bracketed = true;
    else if (char === ']') bracketed = false;
    else if (char === '/' && !bracketed) return at + 1;
  }
  return source.length;
}

function closingBrace(source: string, from: number): number {
  for (const { at, depth } of significant(source, from)) if (depth < 0) return at;
  return source.length;
}

function orEnd(source: string, index: number): number {
  return index < 0 ? source.length : index;
}
