import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';

export interface Reading {
  readonly id: string;
  readonly sensor: string;
  readonly celsius: number;
  readonly at: string;
}

/** Readings in an SQLite file. */
export class ReadingRepository implements Disposable {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #latest: Database.Statement;

  /** Opens the file and makes it if it is missing; ':memory:' is no file, for tests. */
  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    this.#database = new Database(file);
    // Once save() has returned, a reading outlives a crash of the machine: only then is its message acknowledged.
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS readings (
        id TEXT PRIMARY KEY,
        sensor TEXT NOT NULL,
        celsius REAL NOT NULL,
        at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS readings_of_sensor ON readings (sensor, at);
    `);
    this.#insert = this.#database.prepare(
      'INSERT INTO readings (id, sensor, celsius, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
    );
    this.#latest = this.#database.prepare(
      'SELECT id, sensor, celsius, at FROM readings WHERE sensor = ? ORDER BY at DESC LIMIT ?',
    );
  }

  save({ id, sensor, celsius, at }: Reading): void {
    this.#insert.run(id, sensor, celsius, at);
  }

  /** The newest first. */
  latest(sensor: string, count: number): readonly Reading[] {
    return this.#latest.all(sensor, count) as Reading[]; // the columns of the query
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
