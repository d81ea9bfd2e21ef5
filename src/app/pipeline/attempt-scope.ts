import type { OutcomeStatus } from './outcome.js';
import type { RouteRun } from './route-run.js';

/** What is built for each attempt of a run, where its route has message scope: given back when the attempt is over. */
export class AttemptScope {
  readonly #run: RouteRun;
  /** What the message came to, while what was built for it is disposed of. */
  #ending: OutcomeStatus | undefined;

  constructor(run: RouteRun) {
    this.#run = run;
  }

  /** The run is over, but for this. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** An attempt is over. A promise, which never rejects, where there is something to wait for. */
  end(): Promise<void> | undefined {
    const run = this.#run;
    return run.route.end?.(run.message, (error) =>
      run.context.reports.troubled(run, error, 'What was built for a message could not be disposed of.'),
    );
  }

  /** A place in the order stays taken until what was built for it is gone: so there is never more than the places are. */
  endThenRelease(outcome: OutcomeStatus): void {
    const run = this.#run;
    const ending = this.end();
    if (!ending || run.isReleased) {
      run.release(outcome);
      return;
    }
    this.#ending = outcome;
    run.startTime();
    ending.then(() => {
      run.stopTime();
      if (!run.isReleased) run.release(outcome);
    });
  }

  /** The disposal takes too long. */
  expired(error: Error): void {
    this.#run.context.reports.troubled(
      this.#run,
      error,
      'What was built for a message is still not disposed of. The next one is handled.',
    );
    // It is set while the time of the disposal counts.
    this.#run.release(this.#ending as OutcomeStatus);
  }
}
