import type { Logger } from '../app/logger.js';

/** A line that the application logged. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** The sentence. */
  readonly message: string | undefined;
  /** What goes with it, such as `route` and `topic`. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Keeps every report in `entries`, and hands it on to `next` if there is one. */
export function recordingLogger(entries: LogEntry[], next?: Logger, known: object = {}): Logger {
  const at = (level: LogEntry['level']) => (facts: object, message?: string) => {
    entries.push({ level, message, facts: { ...known, ...facts } });
    next?.[level](facts, message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => recordingLogger(entries, next?.child(facts), { ...known, ...facts }),
  };
}
