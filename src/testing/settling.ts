import { setImmediate } from 'node:timers';
import type { Application } from '../app/lifecycle/application.js';
import { describeDisconnection } from '../session/disconnection.js';
import { systemClock, VirtualClock } from '../time/index.js';
import type { FakeBroker } from './fake-broker.js';

/** Turns of the event loop without news after which whatever is waited for takes the machine's time: a file, another server. */
const PROMPT_TURNS = 50;
/** Milliseconds of the machine's time between two looks from then on. */
const LOOK_AGAIN = 5;

/**
 * Waits until an application on a fake broker has nothing more to do, and moves the virtual clock on where something waits for it: a packet
 * or a connection that a fault holds back, the next attempt to connect, a timer that was set meanwhile. Not for keep-alive.
 */
export class Settling {
  readonly #app: Application;
  readonly #broker: FakeBroker;
  readonly #patience: number;
  /** When all was settled last. */
  #settledAt: number;

  /** `patience`: milliseconds of the broker's clock for one `settled()`. */
  constructor(app: Application, broker: FakeBroker, patience: number) {
    this.#app = app;
    this.#broker = broker;
    this.#patience = patience;
    this.#settledAt = this.mark;
  }

  /** For `settled`: what is set from now on. */
  get mark(): number {
    const { clock } = this.#broker;
    return clock instanceof VirtualClock ? clock.mark : 0;
  }

  /** Waits for timers that were set since the mark; without one, since all was settled last. Those that handlers may be waiting for count anyway. */
  async settled(since = this.#settledAt): Promise<void> {
    const { clock } = this.#broker;
    const limit = clock.now() + this.#patience;
    for (let turns = 0; ; turns += 1) {
      await nextTurn(turns);
      // Nothing settles behind an application that no longer waits.
      if (this.#app.stopped.aborted) return;
      const next = this.#nextTime(since);
      if ((next ?? clock.now()) > limit) throw this.#tooLong();
      if (next !== undefined && clock instanceof VirtualClock) {
        await clock.advanceTo(next);
        turns = 0;
      } else if (this.#isQuiet) {
        this.#settledAt = this.mark;
        return;
      }
    }
  }

  /** To when time has to move, so that what waits for it goes on; undefined if nothing does. */
  #nextTime(since: number): number | undefined {
    const { clock } = this.#broker;
    if (!(clock instanceof VirtualClock)) return undefined;
    return this.#waitsForTime(clock, since) ? clock.nextTimerAt : undefined;
  }

  #waitsForTime(clock: VirtualClock, since: number): boolean {
    if (this.#broker.isHolding || clock.hasTimerSince(since)) return true;
    if (this.#handlers > 0 && clock.hasTimerSince(this.#settledAt)) return true;
    const state = this.#app.client?.state.state;
    // An attempt to connect that no fault has struck waits for something of the machine's, such as a store on disk.
    return state === 'waiting' || (state === 'connecting' && this.#hasStruck);
  }

  get #isQuiet(): boolean {
    const { client } = this.#app;
    const state = client?.state.state;
    if (!this.#broker.idle || state === 'connecting' || state === 'waiting') return false;
    const { inFlightOut = 0, queuedOut = 0 } = state === 'connected' ? (client?.stats() ?? {}) : {};
    // Where a fault took an acknowledgement away, none comes on this connection any more; nor do handlers that wait for it.
    if (inFlightOut + queuedOut > 0) return this.#hasStruck;
    return this.#handlers === 0;
  }

  get #handlers(): number {
    return this.#app.pipeline?.open ?? 0;
  }

  get #hasStruck(): boolean {
    return this.#broker.faults.scripted.some(({ struck }) => struck > 0);
  }

  #tooLong(): Error {
    const state = this.#app.client?.state;
    const why =
      state?.state === 'waiting'
        ? `the application still tries to connect (${describeDisconnection(state.last)})`
        : this.#broker.isHolding
          ? 'a fault still holds something back'
          : 'a timer that was set meanwhile is not due yet';
    return new Error(
      `Nothing is settled after ${this.#patience} ms of the broker's clock: ${why}. Allow more with createTestApp(app, { patience }).`,
    );
  }
}

/** What has arrived may go on in promises: they have run when the event loop turns. */
function nextTurn(turns: number): Promise<void> {
  return new Promise((resolve) => {
    if (turns < PROMPT_TURNS) setImmediate(resolve);
    else systemClock.setTimer(LOOK_AGAIN, resolve);
  });
}
