import { legible } from '../legible.js';
import type { Shown } from './look.js';

/** An object on one line, with the payload in it as it was written, so that its numbers keep all their digits; safe to look at in a terminal. */
export function jsonLine(fields: Readonly<Record<string, unknown>>, name?: string, shown?: Shown): string {
  if (name === undefined || shown === undefined) return `${legible(JSON.stringify(fields))}\n`;
  const before = JSON.stringify({
    ...fields,
    [`${name}Encoding`]: shown.kind === 'empty' ? 'text' : shown.kind,
  });
  const value = shown.kind === 'json' ? shown.text : JSON.stringify(shown.kind === 'empty' ? '' : shown.text);
  return `${legible(`${before.slice(0, -1)},${JSON.stringify(name)}:${value}}`)}\n`;
}
