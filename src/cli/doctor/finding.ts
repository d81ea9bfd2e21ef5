import { paint } from '../colours.js';
import type { Output } from '../host.js';

/** What the doctor has to say of one thing. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'error';
  /** The thing: `Node.js`, `tsconfig.json`. */
  readonly about: string;
  readonly says: string;
  /** What to do about it: a sentence. */
  readonly mend?: string;
}

export const ok = (about: string, says: string): Finding => ({ level: 'ok', about, says });

export const warn = (about: string, says: string, mend: string): Finding => ({
  level: 'warn',
  about,
  says,
  mend,
});

export const error = (about: string, says: string, mend?: string): Finding => ({
  level: 'error',
  about,
  says,
  ...(mend !== undefined && { mend }),
});

const colours = { ok: 'green', warn: 'yellow', error: 'red' } as const;
const indent = ' '.repeat('error  '.length);

/** A line for each, its mend under it, and one that counts them. */
export function printed(findings: readonly Finding[], output: Output): string {
  const lines = findings.flatMap(({ level, about, says, mend }) => [
    `${paint(output, colours[level], level.padEnd('error'.length))}  ${about}: ${says}`,
    ...(mend === undefined ? [] : [`${indent}${mend}`]),
  ]);
  const count = (level: Finding['level'], word: string) => {
    const { length } = findings.filter((finding) => finding.level === level);
    return `${length} ${word}${length === 1 ? '' : 's'}`;
  };
  return `${[...lines, `${count('error', 'error')}, ${count('warn', 'warning')}.`].join('\n')}\n`;
}
