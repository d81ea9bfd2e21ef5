import type { Application } from '../app/lifecycle/application.js';
import { describeDisconnection } from '../session/disconnection.js';
import { type Clock, machineClock, nextTurn, systemClock, VirtualClock } from '../time/index.js';
import type { FakeBroker } from './fake-broker.js';

/** Turns of the event loop without news after which whatever is waited for takes the machine's time: a file, another server. */
const PROMPT_TURNS = 50;
/** Milliseconds of the machine's time between two looks from then on. */
const LOOK_AGAIN = 5;

/** How long a test waits until it is told that nothing settles. */
export interface Patience {
  /** Milliseconds of the broker's clock for one `settled()`. */
  readonly patience: number;
  /** Milliseconds of the machine's time in which nothing happens, where the broker's clock stands still meanwhile. */
  readonly machinePatience: number;
}

/**
 * Waits until an application on a fake broker has nothing more to do, and moves the virtual clock on where something waits for it: a packet
 * or a connection that a fault holds back, the next attempt to connect, a timer that was set meanwhile. Not for keep-alive.
 */
export class Settling {
  readonly #app: Application;
  readonly #broker: FakeBroker;
  readonly #patience: Patience;
  readonly #machine: Clock;
  /** When all was settled last. */
  #settledAt: number;
  /** The publishes that were without hope then, and the handlers that were not done. */
  #stuck: { readonly lost: ReadonlySet<number>; readonly handlers: number } = {
    lost: new Set(),
    handlers: 0,
  };

  /** `machine`: what goes on while the broker's clock stands still. */
  constructor(app: Application, broker: FakeBroker, patience: Patience, machine: Clock = machineClock) {
    this.#app = app;
    this.#broker = broker;
    this.#patience = patience;
    this.#machine = machine;
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
    const { patience, machinePatience } = this.#patience;
    const limit = clock.now() + patience;
    let finished = this.#app.pipeline?.finished;
    for (let turns = 0, waited = 0; ; turns += 1) {
      if (turns < PROMPT_TURNS) {
        await nextTurn();
      } else {
        await this.#lookAgain();
        waited += LOOK_AGAIN;
      }
      // Nothing settles behind an application that no longer waits.
      if (this.#app.stopped.aborted) return;
      const next = this.#nextTime(since);
      if ((next ?? clock.now()) > limit)
        throw this.#tooLong(`${patience} ms of the broker's clock`, 'patience');
      if (next !== undefined && clock instanceof VirtualClock) {
        await clock.advanceTo(next);
        turns = waited = 0;
      } else if (this.#isQuiet) {
        this.#isSettled();
        return;
      } else if (this.#app.pipeline?.finished !== finished) {
        finished = this.#app.pipeline?.finished;
        waited = 0;
      } else if (waited > machinePatience && clock instanceof VirtualClock && this.#nextDeadline <= limit) {
        // The handler waits for nothing that comes: its time is over.
        await clock.advanceTo(this.#nextDeadline);
        turns = waited = 0;
      } else if (waited > machinePatience && clock !== systemClock) {
        throw this.#tooLong(`${machinePatience} ms of the machine's time`, 'machinePatience');
      }
    }
  }

  #lookAgain(): Promise<void> {
    return new Promise((resolve) => {
      this.#machine.setTimer(LOOK_AGAIN, resolve);
    });
  }

  /** When the time of the next handler is over. */
  get #nextDeadline(): number {
    return this.#app.pipeline?.nextDeadline ?? Number.POSITIVE_INFINITY;
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
    if (state !== 'connected') return this.#handlers === 0;
    const { inFlightOut = 0, queuedOut = 0 } = client?.stats() ?? {};
    if (inFlightOut + queuedOut === 0) return this.#handlers === 0;
    // Where a fault took an acknowledgement away, none comes on this connection any more, and what is queued behind it may stay there.
    const lost = this.#broker.unanswered(client?.clientId ?? '');
    return lost.size > 0 && inFlightOut <= lost.size && this.#handlers <= this.#waitingFor(lost);
  }

  /** How many handlers can be waiting for these publishes: for each that came since all was settled, one, and who waited then still does. */
  #waitingFor(lost: ReadonlySet<number>): number {
    const before = this.#stuck.lost;
    const stillLost = [...lost].filter((packetId) => before.has(packetId)).length;
    const stillWaiting = stillLost > 0 ? Math.min(this.#stuck.handlers, this.#handlers) : 0;
    return stillWaiting + lost.size - stillLost;
  }

  #isSettled(): void {
    this.#settledAt = this.mark;
    const lost = this.#broker.unanswered(this.#app.client?.clientId ?? '');
    this.#stuck = { lost, handlers: lost.size > 0 ? this.#handlers : 0 };
  }

  get #handlers(): number {
    return this.#app.pipeline?.open ?? 0;
  }

  get #hasStruck(): boolean {
    return this.#broker.hasStruck;
  }

  #tooLong(time: string, option: keyof Patience): Error {
    return new Error(
      `Nothing is settled after ${time}: ${this.#reasons().join('; ')}. Allow more with createTestApp(app, { ${option} }).`,
    );
  }

  /** What is waited for. */
  #reasons(): string[] {
    const { client } = this.#app;
    const state = client?.state;
    const { inFlightOut = 0, queuedOut = 0 } = client?.stats() ?? {};
    const unacknowledged = inFlightOut + queuedOut;
    const reasons: string[] = [];
    if (state?.state === 'waiting')
      reasons.push(`the application still tries to connect (${describeDisconnection(state.last)})`);
    if (state?.state === 'connecting') reasons.push('the application is still connecting');
    if (this.#broker.isHolding) reasons.push('a fault still holds something back');
    if (this.#handlers > 0) reasons.push(`handlers have not ended (${this.#busyRoutes().join(', ')})`);
    if (unacknowledged > 0)
      reasons.push(`publishes of the application are not acknowledged (${unacknowledged})`);
    if (reasons.length > 0) return reasons;
    return [
      this.#broker.idle
        ? 'a timer that was set meanwhile is not due yet'
        : 'something that was written to a connection is not read',
    ];
  }

  /** Routes with messages that run or wait. */
  #busyRoutes(): string[] {
    const { pipeline, booted } = this.#app;
    const routes = booted?.routes ?? [];
    return routes.filter((route) => (pipeline?.counts(route).inFlight ?? 0) > 0).map(({ name }) => name);
  }
}
