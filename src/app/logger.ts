import { inspect } from 'node:util';
import type { Logger } from '../contracts/index.js';
import type { Clock } from '../time/clock.js';

export type { Logger } from '../contracts/index.js';

/** Where lines go. */
export interface LineLoggerOptions {
  /** Takes one line, with its line break. */
  readonly write: (line: string) => void;
  /** What the time in front of each line is read from. */
  readonly clock: Clock;
  /** The least that is written. Default `'info'`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** One readable line per report: time, level, sentence, facts. What the application uses if it is given no logger. */
export function createLineLogger(options: LineLoggerOptions): Logger {
  return styledLogger(options, ({ time, level, words }) =>
    [time.toISOString(), level.toUpperCase().padEnd(5), ...words].join(' '),
  );
}

/** What stands in a line: the words are the sentence, where there is one, and each fact. */
export interface LineParts {
  readonly time: Date;
  readonly level: (typeof levels)[number];
  readonly words: readonly string[];
  readonly hasSentence: boolean;
}

/** A line logger whose lines look otherwise. */
export function styledLogger(options: LineLoggerOptions, style: (parts: LineParts) => string): Logger {
  return lineLogger({ ...options, style }, {});
}

interface StyledOptions extends LineLoggerOptions {
  readonly style: (parts: LineParts) => string;
}

function lineLogger(options: StyledOptions, known: object): Logger {
  const least = levels.indexOf(options.level ?? 'info');
  const at = (level: (typeof levels)[number]) => (facts: object, message?: string) => {
    if (levels.indexOf(level) >= least) options.write(line(options, level, { ...known, ...facts }, message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => lineLogger(options, { ...known, ...facts }),
  };
}

function line(
  { clock, style }: StyledOptions,
  level: (typeof levels)[number],
  facts: object,
  message: string | undefined,
): string {
  const words = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${printed(value)}`],
  );
  const hasSentence = message !== undefined;
  const all = hasSentence ? [message, ...words] : words;
  return `${style({ time: new Date(clock.now()), level, words: all, hasSentence })}\n`;
}

function printed(value: unknown): string {
  const text = textOf(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Of anything: handlers throw anything. */
function textOf(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === 'string') return value;
    // Undefined for symbols and functions, whatever the library's types say.
    const json = JSON.stringify(value) as string | undefined;
    if (json !== undefined) return json;
  } catch {
    // It holds itself, a BigInt or a getter that throws: it has no JSON, but a form that can be read.
  }
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

/** The same logger, but reporting through it never throws: what it refuses goes to `instead`, with the reason the first time. */
export function sturdyLogger(logger: Logger, instead: Logger): Logger {
  return sturdy(logger, instead, { hasFailed: false });
}

function sturdy(logger: Logger, instead: Logger, shared: { hasFailed: boolean }): Logger {
  const refused = (error: unknown) => {
    if (!shared.hasFailed)
      instead.error({ error }, 'The logger of the application throws. Its reports come here.');
    shared.hasFailed = true;
  };
  const at =
    (level: (typeof levels)[number]) =>
    (facts: object, message?: string): void => {
      try {
        logger[level](facts, message);
      } catch (error) {
        refused(error);
        instead[level](facts, message);
      }
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child(facts) {
      try {
        return sturdy(logger.child(facts), instead.child(facts), shared);
      } catch (error) {
        refused(error);
        return instead.child(facts);
      }
    },
  };
}
