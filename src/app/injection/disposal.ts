import { orAborted } from '../../time/or-aborted.js';
import { type Awaitable, isThenable } from '../awaitable.js';

/** What the application made, disposed of in reverse order of creation, one after the other. */
export class Disposal {
  readonly #made: {
    readonly name: string;
    readonly value: unknown;
    readonly dispose: ((value: unknown) => Awaitable<void>) | undefined;
  }[] = [];

  #abandoned = 0;

  /** Notes what was just made, and how a sentence calls it. Without `dispose` the value's own way is used, if it has one. */
  add(name: string, value: unknown, dispose?: (value: unknown) => Awaitable<void>): void {
    this.#made.push({ name, value, dispose });
  }

  /** What is still being disposed of although nobody waits for it any more. */
  get abandoned(): number {
    return this.#abandoned;
  }

  get isEmpty(): boolean {
    return this.#made.length === 0;
  }

  /** Disposes of everything, also behind one that fails; waits for none of it once it is late. Throws an AggregateError of all that failed. */
  async run(late?: AbortSignal): Promise<void> {
    const errors: unknown[] = [];
    for (let made = this.#made.pop(); made; made = this.#made.pop()) {
      try {
        const dispose = made.dispose ?? disposerOf(made.value);
        const disposing: unknown = dispose?.call(made.value, made.value);
        if (isThenable(disposing)) await (late ? this.#inTime(made.name, disposing, late) : disposing);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(
        errors,
        `${errors.length} of the things to dispose of failed: ${errors.map(String).join('; ')}`,
      );
  }

  async #inTime(name: string, disposing: PromiseLike<unknown>, late: AbortSignal): Promise<void> {
    try {
      await orAborted(disposing, late);
    } catch (error) {
      if (!late.aborted) throw error;
      this.#abandoned++;
      const ended = () => void this.#abandoned--;
      disposing.then(ended, ended);
      throw new Error(`${name} was not disposed of in time.`);
    }
  }
}

/** Whether it has a way of its own to be disposed of. */
export function isDisposable(value: unknown): boolean {
  return disposerOf(value) !== undefined;
}

type Disposer = ((value: unknown) => Awaitable<void>) | undefined;

function disposerOf(value: unknown): Disposer {
  if (typeof value !== 'object' || value === null) return undefined;
  // Looked up, not assumed: each may be missing.
  const own = value as { [Symbol.asyncDispose]?: Disposer; [Symbol.dispose]?: Disposer; dispose?: Disposer };
  return [own[Symbol.asyncDispose], own[Symbol.dispose], own.dispose].find(
    (disposer) => typeof disposer === 'function',
  );
}
