import type { Logger } from 'topicwise';
import type { SockRepository } from './repository.js';
import type { Answer, Copy, DeadLetter } from './witness.js';

/** Who handles what comes for a filter, and what must be true of a message when a copy for it is acknowledged. */
interface Promised {
  readonly handler: string;
  readonly isDone: (message: number) => boolean;
  readonly attempts: (message: number) => number;
}

/** Prints what becomes of each message, keeps the count, and checks each acknowledgement against what was done. */
export class Journal {
  readonly #write: (line: string) => void;
  readonly #end: AbortSignal;
  readonly #promises: ReadonlyMap<string, Promised>;
  /** For which filters each message came. */
  readonly #arrived = new Map<number, Set<string>>();
  readonly #deadLetters = new Map<number, DeadLetter>();
  #delivered = 0;
  #acknowledged = 0;
  #deadLettered = 0;
  #rejected = 0;
  #retried = 0;
  #broken = 0;
  #waiting: (() => void)[] = [];

  /** `end` ends every wait. */
  constructor(repository: SockRepository, write: (line: string) => void, end: AbortSignal) {
    this.#write = write;
    this.#end = end;
    this.#promises = new Map([
      [
        'socks/+/status',
        {
          handler: 'DrawerController.onStatus',
          isDone: (message) => repository.isSaved(message),
          attempts: (message) => repository.pulls(message),
        },
      ],
      [
        'socks/#',
        {
          handler: 'LaundryController.onAnything',
          isDone: (message) => repository.isSeen(message),
          attempts: () => 1,
        },
      ],
    ]);
    end.addEventListener('abort', () => this.#changed(), { once: true });
  }

  /** The application's own word on what it tries again and why; everything else is seen on the wire. */
  readonly logger: Logger = {
    debug: (facts) => this.#failure(facts),
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    child: () => this.logger,
  };

  delivered({ message, filters }: Copy): void {
    this.#delivered++;
    const arrived = this.#arrived.get(message) ?? new Set();
    for (const filter of this.#filtersOf(filters)) arrived.add(filter);
    this.#arrived.set(message, arrived);
  }

  /** The broker has it: from now on the message may be acknowledged. */
  deadLettered(letter: DeadLetter): void {
    this.#deadLetters.set(letter.message, letter);
  }

  answered({ message, topic, filters }: Copy, { reasonCode, reason }: Answer): void {
    const promised = this.#filtersOf(filters).map((filter) => this.#promises.get(filter) ?? unknown(filter));
    const undone = promised.filter(({ isDone }) => !isDone(message));
    const letter = this.#deadLetters.get(message);
    const broken = undone.filter(({ handler }) => handler !== letter?.handler);
    if (reasonCode >= 0x80) {
      this.#rejected++;
      this.#line(topic, message, 'rejected', `0x${reasonCode.toString(16)} ${reason ?? ''}`);
    } else if (broken.length > 0) {
      this.#broken++;
      this.#line(topic, message, 'BROKEN PROMISE', `acknowledged, but not handled by ${namesOf(broken)}`);
    } else if (letter && undone.length > 0) {
      this.#deadLettered++;
      const why = `on ${letter.topic} after ${letter.attempts} attempts, then acknowledged`;
      this.#line(topic, message, 'dead-lettered', why);
    } else {
      this.#acknowledged++;
      const handlers = promised.map(({ handler, attempts }) =>
        attempts(message) > 1 ? `${handler} at attempt ${attempts(message)}` : handler,
      );
      this.#line(topic, message, 'acknowledged', `handled by ${handlers.join(' and ')}`);
    }
    this.#changed();
  }

  /** Whether each of the messages came for every filter, and every copy was answered. */
  isSettled(messages: number): boolean {
    const whole = [...this.#arrived.values()].filter(({ size }) => size >= this.#promises.size).length;
    return whole >= messages && this.open === 0;
  }

  /** Copies that wait for an answer. */
  get open(): number {
    return this.#delivered - this.#acknowledged - this.#deadLettered - this.#rejected - this.#broken;
  }

  /** Resolves when `done` holds, which is looked at after everything that happens, or at the end. */
  async until(done: () => boolean): Promise<void> {
    while (!done() && !this.#end.aborted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  heading(text: string): void {
    this.#write(`\n${text}\n`);
  }

  /** True if nothing was acknowledged that was neither handled nor dead-lettered. */
  summary(published: number): boolean {
    this.heading('Summary');
    for (const [name, count] of [
      ['published', published],
      ['delivered; some brokers send a copy for each subscription', this.#delivered],
      ['acknowledged after they were handled', this.#acknowledged],
      ['acknowledged after they were dead-lettered', this.#deadLettered],
      ['rejected as invalid (0x99)', this.#rejected],
      ['left unacknowledged, with the broker', this.open],
      ['acknowledged although neither handled nor dead-lettered', this.#broken],
      ['attempts of a handler that failed and were followed by another one', this.#retried],
    ] as const) {
      this.#write(`  ${String(count).padStart(6)}  ${name}\n`);
    }
    return this.#broken === 0;
  }

  #failure(facts: object): void {
    const { route, topic, error } = facts as { route?: string; topic?: string; error?: unknown };
    if (route === undefined || topic === undefined) return;
    const reason = `${route}: ${error instanceof Error ? error.message : String(error)}`;
    this.#retried++;
    this.#line(topic, undefined, 'tried again', reason);
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
  return { handler: `nobody, on ${filter}`, isDone: () => false, attempts: () => 0 };
}
