import type {
  SessionStore,
  StoredOutbound,
  StoredSession,
  StoredSubscription,
} from '../../src/session/session-store.js';

/** A session store whose every call waits until the test lets it succeed or fail. */
export class HeldStore implements SessionStore {
  /** What was asked for, in a few words, and is not done. */
  readonly asked: string[] = [];
  stored: StoredSession = { outbound: [], inboundQos2: [], subscriptions: [], lastPacketId: 0 };
  readonly outbound: StoredOutbound[] = [];
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = [];
  closed = 0;
  #isHolding = true;

  async load(): Promise<StoredSession> {
    return this.stored;
  }
  putOutbound(outbound: StoredOutbound): Promise<void> {
    this.outbound.push(outbound);
    return this.#hold(`put ${outbound.phase} ${outbound.packetId}`);
  }
  deleteOutbound(packetId: number): Promise<void> {
    return this.#hold(`delete ${packetId}`);
  }
  addInbound(packetId: number): Promise<void> {
    return this.#hold(`add ${packetId}`);
  }
  deleteInbound(packetId: number): Promise<void> {
    return this.#hold(`forget ${packetId}`);
  }
  putSubscriptions(subscriptions: readonly StoredSubscription[]): Promise<void> {
    return this.#hold(`subscribed ${subscriptions.map(({ request }) => request.filter)}`);
  }
  putClient({ clientId }: { clientId: string }): Promise<void> {
    return this.#hold(`client ${clientId}`);
  }
  replace({ outbound, subscriptions }: Parameters<SessionStore['replace']>[0]): Promise<void> {
    const kept = [
      ...outbound.map(({ phase, packetId }) => `${phase} ${packetId}`),
      ...subscriptions.map(({ request }) => request.filter),
    ];
    return this.#hold(kept.length > 0 ? `replace by ${kept.join(', ')}` : 'replace by nothing');
  }
  async close(): Promise<void> {
    this.closed++;
  }

  /** The oldest call is done, or fails; which it was. */
  settle(error?: Error): string | undefined {
    const held = this.#held.shift();
    if (error) held?.reject(error);
    else held?.resolve();
    return this.asked.shift();
  }

  /** The newest call is done before those that were made earlier. */
  settleNewest(): void {
    this.#held.pop()?.resolve();
    this.asked.pop();
  }

  /** Everything that was asked for is done. */
  settleAll(): string[] {
    const all: string[] = [];
    for (let done = this.settle(); done !== undefined; done = this.settle()) all.push(done);
    return all;
  }

  /** From now on it takes no time. */
  letGo(): void {
    this.#isHolding = false;
    this.settleAll();
  }

  #hold(what: string): Promise<void> {
    if (!this.#isHolding) return Promise.resolve();
    this.asked.push(what);
    return new Promise((resolve, reject) => this.#held.push({ resolve, reject }));
  }
}
