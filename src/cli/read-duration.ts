import { type Duration, parseDuration } from '../time/index.js';

/** Milliseconds of `500ms`, `5s`, `2m`, `1h`; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  // Which texts fit, the pattern says.
  return /^\d{1,9}(\.\d{1,3})?(ms|s|m|h)$/.test(text) ? parseDuration(text as Duration) : undefined;
}
