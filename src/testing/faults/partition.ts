import type { Fault } from './fault.js';

/** A time in which nothing goes through. */
export class Partition implements Fault {
  readonly description: string;
  /** When it is over, on the broker's clock. */
  readonly until: number;
  readonly #end: () => void;
  #struck = 0;

  constructor(description: string, until: number, end: () => void) {
    this.description = description;
    this.until = until;
    this.#end = end;
  }

  get struck(): number {
    return this.#struck;
  }

  /** What the transcript says of a packet that it holds; counts. */
  holds(): string {
    this.#struck += 1;
    return 'held by the partition';
  }

  remove(): void {
    this.#end();
  }
}
