import { AlreadySettledError } from '../../contracts/index.js';
import type { Delivery } from './delivery.js';
import type { OutcomeStatus, Verdict } from './outcome.js';
import { type Rejection, refuseIllegal } from './rejection.js';

/** What one route tells the broker of a message, once: what its handler said of its own accord, or what was decided for it. */
export class Settlement {
  readonly #delivery: Delivery;
  readonly #route: string;
  /** What the handler said. It counts once what it published has arrived. */
  #said: Verdict | undefined;
  #verdict: Verdict | undefined;

  constructor(delivery: Delivery, route: string) {
    this.#delivery = delivery;
    this.#route = route;
  }

  get status(): 'open' | 'acked' | 'rejected' {
    const outcome = (this.#verdict ?? this.#said)?.outcome;
    if (outcome === undefined || outcome === 'held' || outcome === 'redeliver') return 'open';
    return outcome === 'rejected' ? 'rejected' : 'acked';
  }

  /** What the broker is told, or not told; undefined while that is open. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** What becomes of the message if this is decided on: what the broker was told it keeps. */
  outcomeOf({ outcome }: Verdict): OutcomeStatus {
    const told = this.#verdict?.outcome;
    if (told === undefined || told === 'held' || told === 'redeliver') {
      const isKept = outcome === 'held' || outcome === 'redeliver';
      // At QoS 0 nobody has it any more.
      return isKept && this.#delivery.message.qos === 0 ? 'dropped' : outcome;
    }
    if (told === 'rejected') return told;
    return outcome === 'acked' || outcome === 'dead-lettered' ? outcome : 'dropped';
  }

  /** False if that was said before. Throws where it can't be said any more; `failure` is why the attempt failed. */
  acknowledge(failure: { readonly error: unknown } | undefined): boolean {
    if (this.status === 'acked') return false;
    if (this.status === 'rejected') throw this.#alreadySettled('rejected', 'acknowledged');
    // Not even where the handler goes on: what it published did not arrive.
    if (failure) throw failure.error;
    if (this.#verdict) throw this.#alreadySettled('given back to the broker', 'acknowledged');
    this.#said = { outcome: 'acked' };
    return true;
  }

  /** As {@link acknowledge}. */
  reject(rejection: Rejection): boolean {
    if (this.status === 'rejected') return false;
    if (this.status === 'acked') throw this.#alreadySettled('acknowledged', 'rejected');
    if (this.#verdict) throw this.#alreadySettled('given back to the broker', 'rejected');
    refuseIllegal('message.reject', rejection);
    this.#said = { outcome: 'rejected', rejection };
    return true;
  }

  /** What it published did not arrive: an acknowledgement that waited for it must not leave. A rejection may. */
  withdraw(): void {
    if (!this.#verdict && this.#said?.outcome === 'acked') this.#said = undefined;
  }

  /** Tells the delivery what the handler said, or this. */
  settle(verdict: Verdict | undefined = this.#said): void {
    if (!verdict || this.#verdict) return;
    this.#verdict = verdict;
    this.#delivery.settle(verdict);
  }

  #alreadySettled(is: string, asked: string): AlreadySettledError {
    return new AlreadySettledError(
      `The message on "${this.#delivery.message.topic}" was already ${is} by ${this.#route}; it can't be ${asked} any more.`,
    );
  }
}
