import type { Middleware } from './middleware.js';
import { type Timing, timed } from './timing.js';

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** What `logging()` writes. */
export interface LoggingOptions {
  /** Of the line for a message that was handled, or was known; any other is a warning. Default 'info'. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

/** Writes one line for each message and route: what became of it, after how many attempts and milliseconds. First in the list, it sees what the others do. */
export function logging({ level = 'info' }: LoggingOptions = {}): Middleware {
  if (!levels.includes(level))
    throw new TypeError(
      `logging({ level }) is ${JSON.stringify(level)}. Write one of ${levels.map((each) => `'${each}'`).join(', ')}.`,
    );
  return function logging(message, next, context) {
    return timed(message, next, context, (timing) => {
      const { route, topic, outcome, attempts, error } = timing;
      const facts = {
        route,
        topic,
        outcome,
        attempts,
        durationMs: Math.round(timing.durationMs * 1_000) / 1_000,
        ...(error !== undefined && { error }),
      };
      context.logger[outcome === 'acked' ? level : 'warn'](facts, sentenceFor(timing));
    });
  };
}

function sentenceFor({ outcome, duplicate }: Timing): string {
  if (duplicate) return 'A message was known, and not handled again.';
  return outcome === 'acked' ? 'A message was handled.' : 'A message was not handled.';
}
