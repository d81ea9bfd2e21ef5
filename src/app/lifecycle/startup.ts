import type { Clock } from '../../time/clock.js';
import type { Duration } from '../../time/duration.js';
import { durationOf } from './option-findings.js';

/** `start()` took longer than `startup.timeout` allows. */
export class StartTimeoutError extends Error {
  override readonly name = 'StartTimeoutError';
  /** What it was still waiting for: a provider, a hook, the connection, SUBACKs. */
  readonly waitingFor: string;

  constructor(timeout: number, waitingFor: string) {
    super(
      `The application did not start within ${timeout} ms: it was still waiting for ${waitingFor}. See why that takes so long, or raise startup.timeout.`,
    );
    this.waitingFor = waitingFor;
  }
}

export interface StartupOptions {
  readonly clock: Clock;
  /** 0, or undefined: no limit. */
  readonly timeout: Duration | undefined;
  /** Each of them ends the start. */
  readonly signals: readonly AbortSignal[];
}

/** One start: what ends it early, and what it is waiting for. */
export class Startup {
  /** Its reason is what the start fails with. */
  readonly signal: AbortSignal;
  readonly #cancelTimer: () => void;
  #waitingFor: () => string = () => 'nothing';

  constructor({ clock, signals, ...options }: StartupOptions) {
    const timeout = durationOf(options.timeout ?? 0);
    const late = new AbortController();
    this.signal = AbortSignal.any([...signals, late.signal]);
    this.#cancelTimer =
      timeout === 0
        ? () => undefined
        : clock.setTimer(timeout, () => late.abort(new StartTimeoutError(timeout, this.#waitingFor())));
  }

  /** From now on it waits for this: the end of a sentence, put together when it is needed. */
  waitsFor(what: () => string): void {
    this.#waitingFor = what;
  }

  /** Started, or failed. */
  over(): void {
    this.#cancelTimer();
  }
}
