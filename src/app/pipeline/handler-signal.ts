import type { RouteContext } from './route-context.js';

/** The signal of one message's handler. It is made when the handler asks for it: few do. */
export class HandlerSignal {
  readonly #context: RouteContext;
  #abort: AbortController | undefined;
  #late: Error | undefined;
  #isReleased = false;

  constructor(context: RouteContext) {
    this.#context = context;
  }

  get signal(): AbortSignal {
    if (this.#late) return AbortSignal.abort(this.#late);
    this.#abort ??= this.#isReleased ? new AbortController() : this.#context.abortable();
    return this.#abort.signal;
  }

  /** The handler's time is over: who asks from now on is told so too. */
  abort(error: Error): void {
    this.#late = error;
    this.#abort?.abort(error);
  }

  /** Another attempt begins: it has its own time. */
  renew(): void {
    if (this.#late === undefined) return;
    this.#late = undefined;
    this.release();
    this.#abort = undefined;
    this.#isReleased = false;
  }

  /** Nobody waits for the handler any more. */
  release(): void {
    if (this.#abort) this.#context.release(this.#abort);
    this.#isReleased = true;
  }
}
