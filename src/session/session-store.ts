import type { PublishProperties, SubscriptionRequest, UserProperties } from '../packets/packet.js';

/**
 * A session that outlives its process. One store serves one client at a time; sessions of other client identifiers in the same place stay theirs.
 *
 * Calls come in the order of what they describe, and a call does not wait for the one before it: a store applies them in the order in which
 * they were made (so it may write several at once), and resolves each only when what it says will be found after a crash. Each call is awaited before
 * the packet that it describes is written. A call that rejects fails the request that it belongs to; the next call may succeed.
 */
export interface SessionStore {
  /**
   * Called first; again only after `close`, which makes way for the next client. What was stored under this client identifier, if
   * anything was. A damaged record is set aside, left out and named in `damaged`; it does not reject.
   */
  load(clientId: string): Promise<StoredSession>;
  /** Adds the record, or replaces the one with this packet identifier. */
  putOutbound(outbound: StoredOutbound): Promise<void>;
  /** It may not exist. */
  deleteOutbound(packetId: number): Promise<void>;
  /** The application took this QoS 2 message over: it is not delivered again. It may exist already. */
  addInbound(packetId: number): Promise<void>;
  /** It may not exist. */
  deleteInbound(packetId: number): Promise<void>;
  /** Replaces all. */
  putSubscriptions(subscriptions: readonly StoredSubscription[]): Promise<void>;
  /** Whose session this is from now on: what is stored moves to this client identifier. */
  putClient(client: { clientId: string; lastPacketId: number }): Promise<void>;
  /**
   * The server has no session any more, but a new one: what was stored makes way for this, the received identifiers and the last one given out for nothing. In one
   * step: after a crash either everything from before is found, or this.
   */
  replace(session: {
    outbound: readonly StoredOutbound[];
    subscriptions: readonly StoredSubscription[];
  }): Promise<void>;
  /** After the last call, once its calls have settled. The client that got the store closes it. */
  close(): Promise<void>;
}

export interface StoredSession {
  /** In any order: `seq` tells. */
  readonly outbound: readonly StoredOutbound[];
  readonly inboundQos2: readonly number[];
  /** In the order in which they were put. */
  readonly subscriptions: readonly StoredSubscription[];
  /** 0 if nothing was stored. */
  readonly lastPacketId: number;
  /** What could not be read. To be reported: what it described is lost. */
  readonly damaged?: readonly DamagedRecord[];
}

/** A stored record that makes no sense: it was set aside. */
export interface DamagedRecord {
  readonly kind: 'outbound' | 'inbound' | 'subscriptions' | 'client' | 'unknown';
  /** Of the message that the record stood for, where its place tells. */
  readonly packetId: number | undefined;
  /** What is wrong, what it means, and where the record is kept. No payload is quoted. */
  readonly message: string;
}

/** A publish that the server has not finished acknowledging. */
export interface StoredOutbound {
  readonly packetId: number;
  /** The order in which they left: of the PUBLISH in the first phase, of the PUBREC in the second. */
  readonly seq: number;
  /** `pubrel`: the server has the message, and the payload here is empty. */
  readonly phase: 'publish' | 'pubrel';
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  /** As they were sent. */
  readonly properties: PublishProperties;
}

/** A subscription as it is asked for again. */
export interface StoredSubscription {
  readonly request: SubscriptionRequest;
  readonly identifier: number | undefined;
  readonly userProperties: UserProperties | undefined;
}
