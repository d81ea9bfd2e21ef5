import type { PacketMatch, SeenPacket } from './packet-match.js';
import { fits } from './packet-match.js';
import type { Refusal } from './refusal.js';

/** What a test scripted, and how often it happened. */
export interface Fault {
  /** The call that scripted it: `lose({ cmd: 'puback', nth: 1 })`. */
  readonly description: string;
  /** How many packets it struck so far; of a partition, packets and attempts to connect that it held. */
  readonly struck: number;
  /** Takes it off the script. What it holds goes on at its own time. */
  remove(): void;
}

export type Effect =
  | {
      readonly does: 'disconnect';
      readonly when: 'before' | 'after';
      readonly reasonCode: number | undefined;
      readonly reasonString: string | undefined;
    }
  | ({ readonly does: 'refuse' } & Refusal)
  | { readonly does: 'duplicate' }
  | { readonly does: 'delay'; readonly ms: number }
  | { readonly does: 'lose' }
  | { readonly does: 'corrupt'; readonly at: number | undefined }
  | { readonly does: 'cut'; readonly at: number | undefined }
  | { readonly does: 'slow'; readonly ms: number; readonly reader: 'broker' | 'client' };

/** A fault for packets, counting. */
export class PacketFault implements Fault {
  readonly description: string;
  readonly effect: Effect;
  readonly #match: PacketMatch;
  readonly #remove: (fault: PacketFault) => void;
  #fitted = 0;
  #struck = 0;

  constructor(description: string, match: PacketMatch, effect: Effect, remove: (fault: PacketFault) => void) {
    this.description = description;
    this.#match = match;
    this.effect = effect;
    this.#remove = remove;
  }

  get struck(): number {
    return this.#struck;
  }

  remove(): void {
    this.#remove(this);
  }

  /** Whether the packet is one of those that it is for; counts them. */
  strikes(seen: SeenPacket): boolean {
    if (!fits(this.#match, seen)) return false;
    this.#fitted += 1;
    const { nth } = this.#match;
    if (nth !== undefined && nth !== this.#fitted) return false;
    this.#struck += 1;
    return true;
  }
}
