import type { Outgoing } from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import type { GivenUp } from '../concurrency/job.js';
import type { Logger } from '../logger.js';
import type { OutcomeStatus } from './outcome.js';
import type { RouteRun } from './route-run.js';

/** What every run of an application shares. */
export interface RouteContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A controller that is aborted when the application no longer waits for its handlers. */
  abortable(): AbortController;
  /** Its handler is done. */
  release(abort: AbortController): void;
  /** Resolves when the broker has taken it. */
  publish(outgoing: Outgoing): Promise<void>;
  /** In `after` milliseconds, connects again, so that the broker delivers again what is not acknowledged; several calls within that time make one reconnect. */
  redeliver(after: number): void;
  /** Stops the application, for a reason that is a whole sentence: its `run()` prints it and sets the exit code 1. Returns at once. */
  stop(reason: string): void;
  handled(run: RouteRun): void;
  failed(run: RouteRun, error: unknown, outcome: OutcomeStatus): void;
  /** The handler of a manual route returned and left its message open, `age` milliseconds after it came. */
  unsettled(run: RouteRun, age: number): void;
  /** A QoS 0 message was given up before its handler ran. */
  dropped(run: RouteRun, why: GivenUp): void;
}
