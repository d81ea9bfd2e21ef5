// A pattern is a filter whose wildcards may have names: `sensors/+deviceId/reading`, `logs/#path`.
import type { ParamName, ValidPattern } from './pattern-types.js';
import { quote, TopicError } from './topic-error.js';
import { validateTopicFilter, validateTopicName } from './validate.js';

export interface Pattern<Name extends string = string> {
  /** As it was written. */
  readonly pattern: string;
  /** The MQTT filter to subscribe to: the pattern without its names. */
  readonly filter: string;
  /** In the order of the levels. */
  readonly names: readonly Name[];
  /**
   * The texts that the named wildcards stand for, or undefined if the topic does not match. A `#rest` takes all levels that are left,
   * with their slashes; it is empty where `a/#rest` matches `a` itself.
   */
  match(topic: string): { readonly [K in Name]: string } | undefined;
  /**
   * The topic for these values. An empty value is legal: `+id` then is an empty level, `a/#rest` then is `a`.
   * @throws TopicError if a value is missing, would change the number of levels or the match (`/`, `+`, `#`, a `$` at the start of the
   * topic), if a wildcard has no name, or if the topic as a whole is not legal.
   */
  build(params: { readonly [K in Name]: string | number }): string;
}

type Level =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' | 'rest'; readonly name: string };

/**
 * Reads a pattern. A wildcard's name has letters, digits and `_`; a bare `+` or `#` matches as ever but yields no parameter.
 * @throws TopicError with the reason, for patterns that the compiler could not check.
 */
export function parsePattern<const P extends string>(
  pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
): Pattern<ParamName<P>> {
  // The condition above only turns mistakes into compile errors; what arrives is a text.
  return new ParsedPattern(pattern as string) as Pattern<string> as Pattern<ParamName<P>>;
}

class ParsedPattern implements Pattern {
  readonly pattern: string;
  readonly filter: string;
  readonly names: readonly string[];
  readonly #levels: readonly Level[];

  constructor(pattern: string) {
    if (pattern.startsWith('$share/')) {
      throw new TopicError(
        pattern,
        `The pattern ${quote(pattern)} starts with "$share/": use the option { share } instead.`,
      );
    }
    this.pattern = pattern;
    this.#levels = pattern.split('/').map((level) => parseLevel(level, pattern));
    this.filter = this.#levels.map(filterLevel).join('/');
    this.names = Object.freeze(
      this.#levels.flatMap((l) => (l.kind === 'text' || l.name === '' ? [] : [l.name])),
    );
    const wrong = validateTopicFilter(this.filter);
    if (wrong !== undefined) throw new TopicError(pattern, wrong);
    const twice = this.names.find((name, i) => this.names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new TopicError(
        pattern,
        `The pattern ${quote(pattern)} names two wildcards "${twice}": give each its own name.`,
      );
    }
  }

  match(topic: string): Record<string, string> | undefined {
    const levels = this.#levels;
    if (topic.charCodeAt(0) === 0x24 && levels[0]?.kind !== 'text') return undefined;
    const params: Record<string, string> = {};
    let start = 0;
    for (const level of levels) {
      if (level.kind === 'rest') {
        // Behind the end: the topic is the parent of this "#".
        if (level.name !== '') params[level.name] = topic.slice(start);
        return params;
      }
      if (start > topic.length) return undefined;
      const slash = topic.indexOf('/', start);
      const end = slash === -1 ? topic.length : slash;
      if (level.kind === 'text') {
        if (end - start !== level.text.length || !topic.startsWith(level.text, start)) return undefined;
      } else if (level.name !== '') params[level.name] = topic.slice(start, end);
      start = end + 1;
    }
    return start > topic.length ? params : undefined;
  }

  build(params: Readonly<Record<string, string | number>>): string {
    const texts: string[] = [];
    for (const level of this.#levels) {
      if (level.kind === 'text') texts.push(level.text);
      else {
        const value = this.#value(level, params);
        // The empty rest is the parent itself, which "a/#" matches as well.
        if (level.kind === 'one' || value !== '') texts.push(value);
      }
    }
    const topic = texts.join('/');
    const wrong = validateTopicName(topic);
    if (wrong !== undefined)
      throw new TopicError(topic, `${wrong} It was built from the pattern ${quote(this.pattern)}.`);
    return topic;
  }

  #value(level: Level & { kind: 'one' | 'rest' }, params: Readonly<Record<string, string | number>>): string {
    if (level.name === '') {
      const sign = level.kind === 'one' ? '+' : '#';
      throw this.#refuse(
        `has the wildcard "${sign}" without a name: write "${sign}name" to build topics from it`,
      );
    }
    const given: unknown = params[level.name];
    if (typeof given !== 'string' && !(typeof given === 'number' && Number.isFinite(given))) {
      const what =
        given === undefined
          ? 'is missing'
          : `is ${given === null || typeof given === 'number' ? String(given) : `of type ${typeof given}`}`;
      throw this.#refuse(`needs "${level.name}" as a text or a finite number, but it ${what}`);
    }
    const value = String(given);
    const found = (level.kind === 'one' ? /[/+#]/ : /[+#]/).exec(value);
    if (found !== null) {
      throw this.#refuse(
        `got ${quote(value)} for "${level.name}": "${found[0]}" is not allowed in it, encode it`,
      );
    }
    if (value.startsWith('$') && this.#levels[0] === level) {
      throw this.#refuse(
        `got ${quote(value)} for "${level.name}": a wildcard at the first level matches no topic that starts with "$"`,
      );
    }
    return value;
  }

  #refuse(reason: string): TopicError {
    return new TopicError(this.pattern, `The pattern ${quote(this.pattern)} ${reason}.`);
  }
}

function parseLevel(level: string, pattern: string): Level {
  const sign = level[0];
  if (sign !== '+' && sign !== '#') return { kind: 'text', text: level };
  const name = level.slice(1);
  // "__proto__" would vanish in the object of the parameters.
  if (!/^\w*$/.test(name) || name === '__proto__') {
    throw new TopicError(
      pattern,
      `The pattern ${quote(pattern)} has the wildcard ${quote(level)}: a wildcard fills a whole level and its name has letters, digits and "_" only, as in "${sign}deviceId".`,
    );
  }
  return { kind: sign === '+' ? 'one' : 'rest', name };
}

function filterLevel(level: Level): string {
  if (level.kind === 'text') return level.text;
  return level.kind === 'one' ? '+' : '#';
}
