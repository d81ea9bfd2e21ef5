import type { Logger } from 'topicwise';
import type { SockRepository } from './repository.js';
import type { Answer, Copy } from './witness.js';

/** Who handles what comes for a filter, and what must be true of a message when a copy for it is acknowledged. */
interface Promised {
  readonly handler: string;
  readonly isDone: (message: number) => boolean;
}

/** Prints what becomes of each message, keeps the count, and checks each acknowledgement against what was done. */
export class Journal {
  readonly #write: (line: string) => void;
  readonly #end: AbortSignal;
  readonly #promises: ReadonlyMap<string, Promised>;
  /** For which filters each message came. */
  readonly #arrived = new Map<number, Set<string>>();
  #delivered = 0;
  #acknowledged = 0;
  #rejected = 0;
  #failed = 0;
  #redelivered = 0;
  #broken = 0;
  #waiting: (() => void)[] = [];

  /** `end` ends every wait. */
  constructor(repository: SockRepository, write: (line: string) => void, end: AbortSignal) {
    this.#write = write;
    this.#end = end;
    this.#promises = new Map([
      [
        'socks/+/status',
        { handler: 'DrawerController.onStatus', isDone: (message) => repository.isSaved(message) },
      ],
      [
        'socks/#',
        { handler: 'LaundryController.onAnything', isDone: (message) => repository.isSeen(message) },
      ],
    ]);
    end.addEventListener('abort', () => this.#changed(), { once: true });
  }

  /** The application's own word on what failed and why; everything else that it logs is not for this table. */
  readonly logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (facts) => this.#failure(facts),
    child: () => this.logger,
  };

  delivered({ message, filters, redelivered }: Copy): void {
    if (redelivered) this.#redelivered++;
    else this.#delivered++;
    const arrived = this.#arrived.get(message) ?? new Set();
    for (const filter of this.#filtersOf(filters)) arrived.add(filter);
    this.#arrived.set(message, arrived);
  }

  answered({ message, topic, filters, redelivered }: Copy, { reasonCode, reason }: Answer): void {
    const promised = this.#filtersOf(filters).map((filter) => this.#promises.get(filter) ?? unknown(filter));
    const broken = promised.filter(({ isDone }) => !isDone(message));
    if (reasonCode >= 0x80) {
      this.#rejected++;
      this.#line(topic, message, 'rejected', `0x${reasonCode.toString(16)} ${reason ?? ''}`);
    } else if (broken.length > 0) {
      this.#broken++;
      this.#line(topic, message, 'BROKEN PROMISE', `acknowledged, but not handled by ${namesOf(broken)}`);
    } else {
      this.#acknowledged++;
      const why = `${redelivered ? 'redelivered, ' : ''}handled by ${namesOf(promised)}`;
      this.#line(topic, message, 'acknowledged', why);
    }
    this.#changed();
  }

  /** Whether each of the messages came for every filter, and every copy was answered or has failed. */
  isSettled(messages: number): boolean {
    const whole = [...this.#arrived.values()].filter(({ size }) => size >= this.#promises.size).length;
    return whole >= messages && this.open === this.held;
  }

  /** Copies that wait for an answer. */
  get open(): number {
    return this.#delivered - this.#acknowledged - this.#rejected - this.#broken;
  }

  /** Copies whose handler failed, and which have not come again. */
  get held(): number {
    return this.#failed - this.#redelivered;
  }

  /** Resolves when `done` holds, which is looked at after everything that happens, or at the end. */
  async until(done: () => boolean): Promise<void> {
    while (!done() && !this.#end.aborted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  heading(text: string): void {
    this.#write(`\n${text}\n`);
  }

  /** True if nothing was acknowledged that was not handled. */
  summary(published: number): boolean {
    this.heading('Summary');
    for (const [name, count] of [
      ['published', published],
      ['delivered; some brokers send a copy for each subscription', this.#delivered],
      ['acknowledged after they were handled', this.#acknowledged],
      ['  of all these redelivered, after their handler had failed', this.#redelivered],
      ['rejected as invalid (0x99)', this.#rejected],
      ['left unacknowledged, with the broker', this.open],
      ['acknowledged although not handled', this.#broken],
    ] as const) {
      this.#write(`  ${String(count).padStart(6)}  ${name}\n`);
    }
    return this.#broken === 0;
  }

  #failure(facts: object): void {
    const { route, topic, error } = facts as { route?: string; topic?: string; error?: unknown };
    if (route === undefined || topic === undefined) return;
    const reason = `${route}: ${error instanceof Error ? error.message : String(error)}`;
    this.#failed++;
    this.#line(topic, undefined, 'unacknowledged', reason);
    this.#changed();
  }

  #line(topic: string, message: number | undefined, what: string, why: string): void {
    const number = message === undefined ? '' : `#${message}`;
    this.#write(`  ${number.padStart(6)}  ${topic.padEnd(22)} ${what.padEnd(15)} ${why}\n`);
  }

  /** A broker without subscription identifiers does not say for which filters a copy is: then for all. */
  #filtersOf(filters: readonly string[]): readonly string[] {
    return (filters.length > 0 ? [...filters] : [...this.#promises.keys()]).sort().reverse();
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function namesOf(promised: readonly Promised[]): string {
  return promised.map(({ handler }) => handler).join(' and ');
}

function unknown(filter: string): Promised {
  return { handler: `nobody, on ${filter}`, isDone: () => false };
}
