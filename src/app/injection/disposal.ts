import type { Awaitable } from '../awaitable.js';

/** What the application made, disposed of in reverse order of creation, one after the other. */
export class Disposal {
  readonly #made: {
    readonly value: unknown;
    readonly dispose: ((value: unknown) => Awaitable<void>) | undefined;
  }[] = [];

  /** Notes what was just made. Without `dispose` the value's own way is used, if it has one. */
  add(value: unknown, dispose?: (value: unknown) => Awaitable<void>): void {
    this.#made.push({ value, dispose });
  }

  get isEmpty(): boolean {
    return this.#made.length === 0;
  }

  /** Disposes of everything, also behind one that fails. Throws an AggregateError of all that failed. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let made = this.#made.pop(); made; made = this.#made.pop()) {
      try {
        await (made.dispose ?? disposeByItself)(made.value);
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
}

/** Whether it has a way of its own to be disposed of. */
export function isDisposable(value: unknown): boolean {
  return disposerOf(value) !== undefined;
}

async function disposeByItself(value: unknown): Promise<void> {
  await disposerOf(value)?.call(value);
}

type Disposer = (() => Awaitable<void>) | undefined;

function disposerOf(value: unknown): Disposer {
  if (typeof value !== 'object' || value === null) return undefined;
  // Looked up, not assumed: each may be missing.
  const own = value as { [Symbol.asyncDispose]?: Disposer; [Symbol.dispose]?: Disposer; dispose?: Disposer };
  return [own[Symbol.asyncDispose], own[Symbol.dispose], own.dispose].find(
    (disposer) => typeof disposer === 'function',
  );
}
