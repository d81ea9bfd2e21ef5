// What the options say about coming back, and what follows from it after each disconnection.

import { nextStepAfter, nextStepAfterReturnCode } from '../packets/reason-codes.js';
import { UnsupportedProtocolError } from '../packets/unsupported-protocol.js';
import type { Disconnection } from '../session/disconnection.js';
import { Backoff } from '../time/backoff.js';
import type { Random } from '../time/clock.js';
import { type Endpoint, type OpeningOptions, type Target, targetOf } from './endpoint.js';
import { redirectedAddress } from './redirect.js';

export interface ReconnectOptions {
  /** Milliseconds: the shortest wait. Default 250. */
  minDelay?: number;
  /**
   * Milliseconds: the longest wait; waits are drawn at random, up to a bound that doubles from `minDelay` to here. A connection that stood for so long counts as
   * one that lasted: after it the next attempt comes at once. Default 30,000.
   */
  maxDelay?: number;
  /** Attempts without a connection that lasted, after which the client gives up and closes. Default Infinity. */
  maxAttempts?: number;
  /** Also when the first connection fails: `connect()` then waits. Default false: it rejects, once every endpoint was tried. */
  initial?: boolean;
  /**
   * Go where a server sends us (0x9C, 0x9D with a server reference), five times in a row at most; from an encrypted connection only to an encrypted one. Not from an
   * endpoint of your own, which has no address. Default true.
   */
  followRedirects?: boolean;
  /**
   * Your word after each disconnection; `attempt` is the number of the one that would follow, from 1. `default`: what the table of reason codes says. If it throws, the client
   * stops.
   */
  decide?: (
    disconnection: Disconnection,
    attempt: number,
  ) => 'default' | 'stop' | { delay: number; endpoint?: Endpoint };
}

export type ReconnectSettings = Required<Omit<ReconnectOptions, 'decide'>> & Pick<ReconnectOptions, 'decide'>;

/** An endpoint as it was given, and what can be done with it. */
interface Place {
  readonly endpoint: Endpoint;
  readonly target: Target;
}

export type NextAttempt =
  /** No further one; `cause` is what `decide` threw. */
  { readonly stop: true; readonly cause?: Error } | { readonly stop: false; readonly delay: number };

const mostHops = 5;

/** Which attempt comes next, to where, and when. Knows no time but the one that it is told. */
export class ReconnectPolicy {
  readonly #settings: ReconnectSettings | undefined;
  readonly #protocolVersion: 4 | 5;
  readonly #opening: OpeningOptions;
  readonly #places: Place[];
  readonly #backoff: Backoff;
  /** Where in the list; a redirection leads out of it. */
  #index = 0;
  #elsewhere: Place | undefined;
  #hops = 0;
  /** Attempts since a connection lasted that brought none, or one that did not. */
  #failures = 0;
  #everConnected = false;

  /** `settings` is undefined where there is one attempt for each endpoint, and no coming back. */
  constructor(
    endpoints: readonly Endpoint[],
    opening: OpeningOptions,
    settings: ReconnectSettings | undefined,
    protocolVersion: 4 | 5,
    random: Random,
  ) {
    this.#settings = settings;
    this.#protocolVersion = protocolVersion;
    this.#opening = opening;
    this.#places = endpoints.map((endpoint) => ({ endpoint, target: targetOf(endpoint, opening) }));
    this.#backoff = new Backoff(settings ?? { minDelay: 0, maxDelay: 0 }, random);
  }

  get target(): Target {
    return (this.#elsewhere ?? this.#places[this.#index]!).target; // the index stays within the list
  }

  /** The number of the next attempt: from 1, anew after each connection that lasted. */
  get attempt(): number {
    return this.#failures + 1;
  }

  /** `stood`: how long the connection stood, in milliseconds; undefined if it did not come about. */
  after(disconnection: Disconnection, stood: number | undefined): NextAttempt {
    const settings = this.#settings;
    const isFirst = !this.#everConnected && stood === undefined;
    if (stood !== undefined) this.#everConnected = true;
    if (settings && stood !== undefined && stood >= settings.maxDelay) {
      this.#failures = this.#hops = 0;
      this.#backoff.reset();
    } else {
      this.#failures++;
    }
    if (disconnection.by === 'client' && !disconnection.cause) return { stop: true };
    const isLastFirst = isFirst && !settings?.initial && this.#index === this.#places.length - 1;
    if (!settings) return this.#withoutSettings(disconnection, isFirst && !isLastFirst);
    if (this.#failures >= settings.maxAttempts) return { stop: true };
    const decided = this.#decided(settings, disconnection);
    if (decided) return decided;

    switch (this.#step(disconnection)) {
      case 'stop':
        return { stop: true };
      case 'redirect':
        if (settings.followRedirects && this.#redirect(disconnection)) return { stop: false, delay: 0 };
        // 0x9D is for good: whoever moved is not there any more. 0x9C may pass.
        if (disconnection.by === 'server' && disconnection.reasonCode === 0x9d && this.#places.length === 1) {
          return { stop: true };
        }
    }
    return isLastFirst ? { stop: true } : this.#retry(settings);
  }

  /** The next attempt after a connection that was ended to have another one: at once, to the same place, and no failure. */
  again(): NextAttempt {
    this.#everConnected = true;
    return { stop: false, delay: 0 };
  }

  #withoutSettings(disconnection: Disconnection, goesOn: boolean): NextAttempt {
    if (!goesOn || this.#step(disconnection) === 'stop') return { stop: true };
    this.#index = (this.#index + 1) % this.#places.length;
    return { stop: false, delay: 0 };
  }

  #decided({ decide }: ReconnectSettings, disconnection: Disconnection): NextAttempt | undefined {
    try {
      const decision = decide?.(disconnection, this.attempt) ?? 'default';
      if (decision === 'default') return undefined;
      if (decision === 'stop') return { stop: true };
      const { delay, endpoint } = decision;
      if (endpoint !== undefined) this.#elsewhere = { endpoint, target: targetOf(endpoint, this.#opening) };
      if (!(delay >= 0))
        throw new TypeError(`decide() returned the delay ${delay}, which is no number of milliseconds`);
      return { stop: false, delay };
    } catch (error) {
      return { stop: true, cause: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #step(disconnection: Disconnection): 'retry' | 'redirect' | 'stop' {
    switch (disconnection.by) {
      case 'network':
        return 'retry';
      case 'client':
        return disconnection.cause instanceof UnsupportedProtocolError ? 'stop' : 'retry';
      case 'server': {
        const { packet, reasonCode } = disconnection;
        if (this.#protocolVersion === 4) return nextStepAfterReturnCode(reasonCode);
        return nextStepAfter(packet, reasonCode);
      }
    }
  }

  /** Every endpoint gets its turn before there is a wait. */
  #retry(settings: ReconnectSettings): NextAttempt {
    this.#elsewhere = undefined;
    if (this.#failures === 0) return { stop: false, delay: 0 };
    this.#index = (this.#index + 1) % this.#places.length;
    const delay = this.#failures % this.#places.length === 0 ? this.#backoff.next() : 0;
    return { stop: false, delay: Math.min(delay, settings.maxDelay) };
  }

  /** 0x9D is for good, 0x9C for the next connection. */
  #redirect(disconnection: Disconnection): boolean {
    if (disconnection.by !== 'server' || disconnection.serverReference === undefined) return false;
    const { endpoint } = this.#elsewhere ?? this.#places[this.#index]!; // as above
    if (typeof endpoint !== 'string' && !(endpoint instanceof URL)) return false;
    const address = redirectedAddress(String(endpoint), disconnection.serverReference);
    if (address === undefined || this.#hops >= mostHops) return false;
    let place: Place;
    try {
      place = { endpoint: address, target: targetOf(address, this.#opening) };
    } catch {
      return false; // an address that this client does not speak: as if there were none
    }
    this.#hops++;
    if (disconnection.reasonCode === 0x9d && !this.#elsewhere) this.#places[this.#index] = place;
    else this.#elsewhere = place;
    return true;
  }
}
