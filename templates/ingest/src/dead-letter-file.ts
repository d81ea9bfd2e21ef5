import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A message that could not be handled, and why. */
export interface DeadLetter {
  readonly topic: string;
  readonly payload: string;
  readonly story: Readonly<Record<string, string>>;
}

/** Dead letters, a line of JSON each: beside the database, because it may be what fails. */
export class DeadLetterFile {
  constructor(private readonly file: string) {}

  async add(letter: DeadLetter): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    await appendFile(this.file, `${JSON.stringify(letter)}\n`);
  }
}
