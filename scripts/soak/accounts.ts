import type { Figure } from './area.js';
import { none } from './area.js';
import { Progress } from './progress.js';

export type CountedQoS = 1 | 2;

/** Double entry for messages on their way: what was promised, and what arrived. A message is its QoS and its number. */
export class Accounts {
  readonly #promised = { 1: new Set<number>(), 2: new Set<number>() };
  readonly #arrived = { 1: new Map<number, number>(), 2: new Map<number, number>() };
  /** Promised, and not arrived yet. */
  readonly #missing = { 1: new Set<number>(), 2: new Set<number>() };
  readonly progress: Progress;

  constructor(progress = new Progress()) {
    this.progress = progress;
  }

  /** The sender was told that the message is taken over: from now on it must arrive. */
  promised(qos: CountedQoS, id: number): void {
    this.#promised[qos].add(id);
    if (!this.#arrived[qos].has(id)) this.#missing[qos].add(id);
    this.progress.made();
  }

  arrived(qos: CountedQoS, id: number): void {
    this.#arrived[qos].set(id, (this.#arrived[qos].get(id) ?? 0) + 1);
    this.#missing[qos].delete(id);
    this.progress.made();
  }

  get promises(): number {
    return this.#promised[1].size + this.#promised[2].size;
  }

  get arrivals(): number {
    return this.#arrived[1].size + this.#arrived[2].size;
  }

  /** Messages that were promised and did not arrive yet. */
  get missing(): number {
    return this.#missing[1].size + this.#missing[2].size;
  }

  /** `byTheBroker`: QoS 2 messages that it sent again although it had released them, where somebody read along. */
  figures(direction: string, byTheBroker?: ReadonlySet<number>): Figure[] {
    const repeated = (qos: CountedQoS) =>
      [...this.#arrived[qos]].filter(([id, count]) => count > 1 && !(qos === 2 && byTheBroker?.has(id)))
        .length;
    return [
      { name: `${direction}: QoS 1 promised`, value: this.#promised[1].size },
      { name: `${direction}: QoS 1 arrived more than once (allowed)`, value: repeated(1) },
      { name: `${direction}: QoS 2 promised`, value: this.#promised[2].size },
      ...(byTheBroker
        ? [{ name: `${direction}: QoS 2 sent again by mosquitto after its PUBREL`, value: byTheBroker.size }]
        : []),
      none(`${direction}: QoS 2 arrived more than once`, repeated(2), 'QoS 2 means exactly once.'),
      none(`${direction}: lost`, this.missing, 'A message that was promised did not arrive.'),
    ];
  }
}
