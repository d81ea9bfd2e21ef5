import type { Exchange } from '../session/exchange.js';
import type { Clock } from '../time/clock.js';

type Seen = Map<Exchange, { readonly phase: string; readonly since: number }>;

/** What is looked at, and what is done. While there is something unanswered, we read: see `ReadRegulator`. */
export interface AnswersDue {
  /** What the server has got and not answered. */
  unanswered(): Iterable<Exchange>;
  overdue(exchange: Exchange): void;
}

/**
 * One coarse timer, four ticks a timeout, that notes down what it sees unanswered; nothing is noted or scheduled for a packet. So an answer that is missing is found
 * between one timeout and one and a half of it after the packet left.
 */
export class AnswerWatch {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #answers: AnswersDue;
  /** Each half of a QoS 2 exchange has an answer of its own. */
  #seen: Seen = new Map();
  #cancel: () => void = () => undefined;

  /** `timeout` is milliseconds. */
  constructor(clock: Clock, timeout: number, answers: AnswersDue) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#answers = answers;
    this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    const dueAt = this.#clock.now() + this.#timeout / 4;
    const look = () => {
      this.#arm();
      const now = this.#clock.now();
      this.#look(now, now - dueAt);
    };
    this.#cancel = this.#clock.setTimer(this.#timeout / 4, look, 'background');
  }

  /** `late`: for so long we were not running. What the server sent meanwhile has not been read yet, timers come before sockets; so that time does not count. */
  #look(now: number, late: number): void {
    const seen: Seen = new Map();
    for (const exchange of this.#answers.unanswered()) {
      const phase = exchange.kind === 'publish' ? exchange.phase : exchange.kind;
      const before = this.#seen.get(exchange);
      const since = before?.phase === phase ? before.since + late : now;
      if (now - since >= this.#timeout) {
        this.#answers.overdue(exchange);
        return;
      }
      seen.set(exchange, { phase, since });
    }
    this.#seen = seen;
  }
}
