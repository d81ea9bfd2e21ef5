import { appendFile } from 'node:fs/promises';

/** Where readings are kept: a line of JSON each. */
export class ReadingRepository {
  async save(id: string, celsius: number): Promise<void> {
    await appendFile('readings.jsonl', `${JSON.stringify({ id, celsius })}\n`);
  }
}
