import { paint } from '../colours.js';
import { Failure } from '../command.js';
import type { Host } from '../host.js';

/** Asks for a line; an empty one is the default. */
export async function askText(host: Host, question: string, fallback: string): Promise<string> {
  const line = await answer(host, `${question} (${fallback}) `);
  return line === '' ? fallback : line;
}

/** Asks for yes or no; an empty line is yes. Asks again where it is neither. */
export async function askYes(host: Host, question: string): Promise<boolean> {
  for (;;) {
    const line = (await answer(host, `${question} (Y/n) `)).toLowerCase();
    if (['', 'y', 'yes'].includes(line)) return true;
    if (['n', 'no'].includes(line)) return false;
    host.stdout.write('Answer y or n.\n');
  }
}

/** Asks for one of several, by name or number; an empty line is the first. Asks again where it is none. */
export async function askOneOf<N extends string>(
  host: Host,
  question: string,
  choices: Readonly<Record<N, string>>,
): Promise<N> {
  const names = Object.keys(choices) as N[]; // the keys of the record
  const width = Math.max(...names.map((name) => name.length));
  for (const [i, name] of names.entries()) {
    const line = `  ${i + 1}  ${paint(host.stdout, 'bold', name.padEnd(width))}  ${choices[name]}\n`;
    host.stdout.write(line);
  }
  for (;;) {
    const line = await answer(host, `${question} (1) `);
    const chosen = line === '' ? names[0] : (names.find((name) => name === line) ?? names[Number(line) - 1]);
    if (chosen !== undefined) return chosen;
    host.stdout.write(`Answer a number from 1 to ${names.length}, or a name.\n`);
  }
}

async function answer(host: Host, question: string): Promise<string> {
  const line = await host.ask(question);
  if (line !== undefined) return line.trim();
  throw new Failure('The question was not answered: nothing was written. Every question has an option.');
}
