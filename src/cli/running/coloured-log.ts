import { type LineParts, styledLogger } from '../../app/logger.js';
import type { Logger } from '../../contracts/index.js';
import type { Clock } from '../../time/index.js';
import { paint } from '../colours.js';
import type { Output } from '../host.js';

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** The application's log for whoever sits in front of it: the time of day (UTC), the level in a colour, the facts in the background. */
export function colouredLog(output: Output, clock: Clock): Logger {
  const write = (line: string) => output.write(line);
  return styledLogger({ clock, write }, (parts) => styled(parts, output));
}

function styled({ time, level, words, hasSentence }: LineParts, output: Output): string {
  const facts = words.slice(hasSentence ? 1 : 0).join(' ');
  return [
    paint(output, 'gray', time.toISOString().slice(11, 19)),
    paint(output, colours[level], level.toUpperCase().padEnd(5)),
    ...words.slice(0, hasSentence ? 1 : 0),
    ...(facts === '' ? [] : [paint(output, 'gray', facts)]),
  ].join(' ');
}
