import { styleText } from 'node:util';
import type { Output } from './host.js';

type Format = Parameters<typeof styleText>[0];

/** The text in a colour, where the output shows colours: a terminal, and neither NO_COLOR nor a dumb one. */
export function paint({ colours }: Output, format: Format, text: string): string {
  // The output has decided; in newer versions of Node styleText() would ask the process's own stdout again.
  return colours ? styleText(format, text, { validateStream: false }) : text;
}
