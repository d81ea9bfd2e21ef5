import type {
  SessionStore,
  StoredOutbound,
  StoredSession,
  StoredSubscription,
} from '../../../src/session/session-store.js';
import type { Clock, Random } from '../../../src/time/index.js';

/** What survives a crash. */
export class Disk {
  readonly outbound = new Map<number, StoredOutbound>();
  readonly inbound = new Set<number>();
  subscriptions: readonly StoredSubscription[] = [];
  lastPacketId = 0;
}

/** A session store that takes its time, and whose process may die: what was not done then is not done at all, and nothing answers any more. */
export class CrashingStore implements SessionStore {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #random: Random;
  #isDead = false;
  #last: Promise<void> = Promise.resolve();

  constructor(disk: Disk, clock: Clock, random: Random) {
    this.#disk = disk;
    this.#clock = clock;
    this.#random = random;
  }

  crash(): void {
    this.#isDead = true;
  }

  async load(): Promise<StoredSession> {
    const { outbound, inbound, subscriptions, lastPacketId } = this.#disk;
    return { outbound: [...outbound.values()], inboundQos2: [...inbound], subscriptions, lastPacketId };
  }

  putOutbound(outbound: StoredOutbound): Promise<void> {
    return this.#do(() => this.#disk.outbound.set(outbound.packetId, outbound));
  }
  deleteOutbound(packetId: number): Promise<void> {
    return this.#do(() => this.#disk.outbound.delete(packetId));
  }
  addInbound(packetId: number): Promise<void> {
    return this.#do(() => this.#disk.inbound.add(packetId));
  }
  deleteInbound(packetId: number): Promise<void> {
    return this.#do(() => this.#disk.inbound.delete(packetId));
  }
  putSubscriptions(subscriptions: readonly StoredSubscription[]): Promise<void> {
    return this.#do(() => {
      this.#disk.subscriptions = subscriptions;
    });
  }
  putClient({ lastPacketId }: { lastPacketId: number }): Promise<void> {
    return this.#do(() => {
      this.#disk.lastPacketId = lastPacketId;
    });
  }
  replace({ outbound, subscriptions }: Parameters<SessionStore['replace']>[0]): Promise<void> {
    return this.#do(() => {
      this.#disk.outbound.clear();
      for (const each of outbound) this.#disk.outbound.set(each.packetId, each);
      this.#disk.inbound.clear();
      this.#disk.subscriptions = subscriptions;
    });
  }
  async close(): Promise<void> {}

  /** In the order of the calls. */
  #do(change: () => void): Promise<void> {
    const delay = this.#random() < 0.5 ? 0 : this.#random() * 20;
    const turn = this.#last.then(
      () =>
        new Promise<void>((resolve) => {
          const settle = () => {
            if (this.#isDead) return;
            change();
            resolve();
          };
          if (delay === 0) settle();
          else this.#clock.setTimer(delay, settle);
        }),
    );
    this.#last = turn;
    return turn;
  }
}
