import type { DeliveryReport } from '../app/pipeline/delivery.js';
import { systemClock } from '../time/index.js';
import type { DeviceMessage, UnderWay } from './test-device.js';

/** A message that a test delivers, and what the application has reported of it so far. */
export interface Awaited {
  readonly reports: readonly DeliveryReport[];
  /** It is under way: reports that came early are looked through. */
  follow(underWay: UnderWay): void;
  /** Resolves once all reports are there, or no more can come. Rejects after `timeout` milliseconds of silence. */
  complete(timeout: number): Promise<void>;
}

interface Entry {
  readonly message: DeviceMessage;
  readonly reports: DeliveryReport[];
  underWay: UnderWay | undefined;
  wake: () => void;
}

/** Finds out which report belongs to which delivery: by what the message says, the oldest delivery first. */
export class DeliveryBook {
  readonly #open = new Set<Entry>();
  /** Reports that came before it was known how many copies a delivery has. */
  #early: DeliveryReport[] = [];
  #over = false;

  /** No more reports can come after one of these. */
  constructor(ends: readonly AbortSignal[]) {
    for (const end of ends) end.addEventListener('abort', () => this.#end(), { once: true });
  }

  /** Opens an entry; `body` publishes and waits for the reports. */
  async during<T>(message: DeviceMessage, body: (awaited: Awaited) => Promise<T>): Promise<T> {
    const entry: Entry = { message, reports: [], underWay: undefined, wake: () => {} };
    this.#open.add(entry);
    try {
      return await body({
        reports: entry.reports,
        follow: (underWay) => this.#follow(entry, underWay),
        complete: (timeout) => this.#complete(entry, timeout),
      });
    } finally {
      this.#open.delete(entry);
      // What is left over belongs to no delivery: other messages, or copies that nobody can tell apart.
      if (this.#open.size === 0) this.#early = [];
    }
  }

  add(report: DeliveryReport): void {
    if (this.#open.size > 0 && !this.#assign(report)) this.#early.push(report);
  }

  #follow(entry: Entry, underWay: UnderWay): void {
    entry.underWay = underWay;
    this.#early = this.#early.filter((report) => !this.#assign(report));
  }

  async #complete(entry: Entry, timeout: number): Promise<void> {
    if (this.#over || isComplete(entry)) return;
    await new Promise<void>((resolve, reject) => {
      const late = () =>
        reject(
          new Error(
            `Nothing was heard of the message on "${entry.message.topic}" for ${timeout} ms: no handler has finished with it.`,
          ),
        );
      const cancel = systemClock.setTimer(timeout, late);
      entry.wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #assign(report: DeliveryReport): boolean {
    const waiting = [...this.#open].filter((entry) => isCopyOf(entry.message, report) && !isComplete(entry));
    // The broker may lower the QoS of a copy. Where one was published as it came, the copy is of that.
    const same = waiting.filter(({ message }) => message.qos === report.message.qos);
    const entry = (same.length > 0 ? same : waiting).find(({ underWay }) => underWay);
    if (!entry) return false;
    entry.reports.push(report);
    if (isComplete(entry)) entry.wake();
    return true;
  }

  #end(): void {
    this.#over = true;
    for (const entry of this.#open) entry.wake();
  }
}

function isComplete({ underWay, reports }: Entry): boolean {
  return underWay !== undefined && !underWay.expects(reports);
}

/** A copy never has a higher QoS than what was published, nor a retain flag that it did not have: what is retained since before has. */
function isCopyOf({ topic, payload, qos, retain }: DeviceMessage, { message }: DeliveryReport): boolean {
  if (message.topic !== topic || message.qos > qos || (message.retain && !retain)) return false;
  return Buffer.compare(message.payload, payload) === 0;
}
