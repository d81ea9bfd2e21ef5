import type {
  SessionStore,
  StoredOutbound,
  StoredSession,
  StoredSubscription,
} from '../session/session-store.js';
import { SessionStoreError } from './session-store-error.js';

interface KeptSession {
  readonly outbound: Map<number, StoredOutbound>;
  readonly inbound: Set<number>;
  subscriptions: readonly StoredSubscription[];
  lastPacketId: number;
}

/**
 * Keeps sessions in this process: a client that is given the store after another one was closed goes on where that one stopped, if it has the
 * same identifier. For tests, and for programs that build a new client instead of keeping one. Nothing outlives the process.
 */
export class MemorySessionStore implements SessionStore, AsyncDisposable {
  readonly #sessions = new Map<string, KeptSession>();
  #current: { clientId: string; readonly session: KeptSession } | undefined;

  async load(clientId: string): Promise<StoredSession> {
    if (this.#current) {
      throw new SessionStoreError(
        'in-use',
        `This session store serves the client "${this.#current.clientId}" already: close that one first, or give each client a store of its own.`,
      );
    }
    const session = this.#sessions.get(clientId) ?? {
      outbound: new Map(),
      inbound: new Set(),
      subscriptions: [],
      lastPacketId: 0,
    };
    this.#sessions.set(clientId, session);
    this.#current = { clientId, session };
    return {
      outbound: [...session.outbound.values()].sort((one, other) => one.seq - other.seq),
      inboundQos2: [...session.inbound].sort((one, other) => one - other),
      subscriptions: session.subscriptions,
      lastPacketId: session.lastPacketId,
      damaged: [],
    };
  }

  async putOutbound(outbound: StoredOutbound): Promise<void> {
    this.#loaded().session.outbound.set(outbound.packetId, copied(outbound));
  }

  async deleteOutbound(packetId: number): Promise<void> {
    this.#loaded().session.outbound.delete(packetId);
  }

  async addInbound(packetId: number): Promise<void> {
    this.#loaded().session.inbound.add(packetId);
  }

  async deleteInbound(packetId: number): Promise<void> {
    this.#loaded().session.inbound.delete(packetId);
  }

  async putSubscriptions(subscriptions: readonly StoredSubscription[]): Promise<void> {
    this.#loaded().session.subscriptions = [...subscriptions];
  }

  async putClient({ clientId, lastPacketId }: { clientId: string; lastPacketId: number }): Promise<void> {
    const current = this.#loaded();
    this.#sessions.delete(current.clientId);
    this.#sessions.set(clientId, current.session);
    current.clientId = clientId;
    current.session.lastPacketId = lastPacketId;
  }

  async replace({
    outbound,
    subscriptions,
  }: Pick<StoredSession, 'outbound' | 'subscriptions'>): Promise<void> {
    const { session } = this.#loaded();
    session.outbound.clear();
    for (const each of outbound) session.outbound.set(each.packetId, copied(each));
    session.inbound.clear();
    session.subscriptions = [...subscriptions];
    session.lastPacketId = 0;
  }

  /** What is stored stays, for the next client. */
  async close(): Promise<void> {
    this.#current = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #loaded(): { clientId: string; readonly session: KeptSession } {
    if (this.#current) return this.#current;
    throw new SessionStoreError(
      'closed',
      'This session store holds no session: call load before anything else, and nothing after close.',
    );
  }
}

/** The caller may use its bytes again once the client that sent them is closed. */
function copied(outbound: StoredOutbound): StoredOutbound {
  return { ...outbound, payload: outbound.payload.slice() };
}
