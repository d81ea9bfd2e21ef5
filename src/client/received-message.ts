import type { AckProperties, PublishPacket, QoS, UserProperties } from '../packets/packet.js';
import type { LedgerEntry } from '../session/acknowledgements.js';
import type { AckErrorCode, AckOptions, AckOutcome, Message } from './message.js';

/** Where the acknowledgement of a message stands. */
export interface Acknowledgeable {
  readonly state: LedgerEntry['state'];
  /** Why it is pending again: the session store failed. */
  readonly failure: Error | undefined;
  /** Who wants to know when it left. */
  listener: (() => void) | undefined;
}

/** Whoever passes a settlement on to the session. It gets what it made the message with. */
export interface Settler {
  settle(entry: Acknowledgeable, code: number, properties: AckProperties | undefined): void;
  /** The message is put away unread. False: nobody else has it. */
  release?(entry: Acknowledgeable): boolean;
  /** Nobody will settle it: it shall come again. */
  giveUp?(entry: Acknowledgeable): void;
}

const none: readonly number[] = [];
// Settled promises are shared: most messages are acknowledged at once, and nobody looks.
const sent = Promise.resolve<AckOutcome>('sent');
const stale = Promise.resolve<AckOutcome>('stale');
const notNeeded = Promise.resolve<AckOutcome>('not-needed');

/** A message of this client. Everything but the acknowledgement is read from the packet when asked for. */
export class ReceivedMessage implements Message {
  readonly #packet: PublishPacket;
  readonly #entry: Acknowledgeable | undefined;
  readonly #settler: Settler;
  readonly connectionId: number;
  /** Counts what streams got; 0 for what none got. */
  order = 0;
  #leaving: Promise<AckOutcome> | undefined;

  constructor(
    packet: PublishPacket,
    entry: Acknowledgeable | undefined,
    settler: Settler,
    connectionId: number,
  ) {
    this.#packet = packet;
    this.#entry = entry;
    this.#settler = settler;
    this.connectionId = connectionId;
  }

  get topic(): string {
    return this.#packet.topic;
  }
  get payload(): Uint8Array {
    return this.#packet.payload;
  }
  get qos(): QoS {
    return this.#packet.qos;
  }
  get retain(): boolean {
    return this.#packet.retain;
  }
  get duplicate(): boolean {
    return this.#packet.duplicate;
  }
  get packetId(): number | undefined {
    return this.#packet.packetId;
  }
  get subscriptionIdentifiers(): readonly number[] {
    return this.#packet.properties?.subscriptionIdentifiers ?? none;
  }
  get payloadFormat(): 'bytes' | 'utf8' {
    return this.#packet.properties?.payloadFormat ?? 'bytes';
  }
  get messageExpiryInterval(): number | undefined {
    return this.#packet.properties?.messageExpiryInterval;
  }
  get contentType(): string | undefined {
    return this.#packet.properties?.contentType;
  }
  get responseTopic(): string | undefined {
    return this.#packet.properties?.responseTopic;
  }
  get correlationData(): Uint8Array | undefined {
    return this.#packet.properties?.correlationData;
  }
  get userProperties(): UserProperties {
    return this.#packet.properties?.userProperties ?? noUserProperties;
  }
  get ackState(): Message['ackState'] {
    return this.#entry?.state ?? 'none';
  }

  text(): string {
    const { payload } = this.#packet;
    return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text());
  }

  ack(options?: AckOptions): Promise<AckOutcome> {
    return this.#outcome(0, options);
  }

  reject(code: AckErrorCode, options?: AckOptions): Promise<AckOutcome> {
    return this.#outcome(code, options);
  }

  /** Settles without a promise: see `settleMessage`. Throws an InvalidPacketError, and settles nothing, for illegal options. */
  settle(code: 0 | AckErrorCode, options?: AckOptions): Exclude<Message['ackState'], 'pending'> {
    if (!this.#entry) return 'none';
    if (this.#entry.state === 'pending')
      this.#settler.settle(this.#entry, code, options && properties(options));
    const { state } = this.#entry;
    return state === 'pending' ? 'stale' : state; // unsettled after all: the client is just closing
  }

  /** A stream ends without having handed it out. False: nobody else has it. */
  release(): boolean {
    return this.#entry !== undefined && (this.#settler.release?.(this.#entry) ?? false);
  }

  /** See `giveUpMessage`. */
  giveUp(): void {
    if (this.#entry) this.#settler.giveUp?.(this.#entry);
  }

  #outcome(code: 0 | AckErrorCode, options: AckOptions | undefined): Promise<AckOutcome> {
    try {
      switch (this.settle(code, options)) {
        case 'none':
          return notNeeded;
        case 'sent':
          return sent;
        case 'stale':
          return stale;
      }
    } catch (error) {
      return Promise.reject(error);
    }
    this.#leaving ??= new Promise((resolve, reject) => {
      const entry = this.#entry!; // only an entry can be queued
      entry.listener = () => {
        if (!entry.failure) return resolve(entry.state === 'sent' ? 'sent' : 'stale');
        entry.listener = this.#leaving = undefined; // it can be settled again
        reject(entry.failure);
      };
    });
    return this.#leaving;
  }
}

const noUserProperties: UserProperties = [];

function properties({ reasonString, userProperties }: AckOptions): AckProperties | undefined {
  if (reasonString === undefined && userProperties === undefined) return undefined;
  return {
    ...(reasonString !== undefined && { reasonString }),
    ...(userProperties !== undefined && { userProperties }),
  };
}
