import type { AckProperties } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import { Queue } from './queue.js';

/** A received message that must be acknowledged. */
export class LedgerEntry {
  readonly packetId: number;
  readonly qos: 1 | 2;
  readonly connectionId: number;
  /** When it arrived, in milliseconds of the client's clock. */
  readonly at: number;
  /** `queued`: settled, but an older message of its QoS is not. `stale`: the connection is gone. */
  state: 'pending' | 'queued' | 'sent' | 'stale' = 'pending';
  reasonCode: ReasonCode = 0;
  properties: AckProperties | undefined = undefined;
  /** Who wants to know when it left; the session never looks at it. */
  listener: (() => void) | undefined = undefined;

  constructor(packetId: number, qos: 1 | 2, connectionId: number, at: number) {
    this.packetId = packetId;
    this.qos = qos;
    this.connectionId = connectionId;
    this.at = at;
  }
}

/** `strict`: as the messages of that QoS came, [MQTT-4.6.0-2] and [MQTT-4.6.0-3]. `unordered`: as they are settled. */
export type AckOrder = 'strict' | 'unordered';

/** The messages of one QoS in the order of arrival. In strict order only the head may leave: settling in the middle just marks it. */
export class Acknowledgements {
  readonly #order: AckOrder;
  readonly #queue = new Queue<LedgerEntry>();

  constructor(order: AckOrder) {
    this.#order = order;
  }

  get length(): number {
    return this.#queue.length;
  }

  get oldest(): LedgerEntry | undefined {
    return this.#queue.peek();
  }

  add(entry: LedgerEntry): void {
    this.#queue.push(entry);
  }

  settle(
    entry: LedgerEntry,
    reasonCode: ReasonCode,
    properties: AckProperties | undefined,
    leave: (entry: LedgerEntry) => void,
  ): void {
    entry.reasonCode = reasonCode;
    entry.properties = properties;
    if (this.#order === 'unordered') {
      this.#queue.take((each) => each === entry);
      entry.state = 'sent';
      leave(entry);
      return;
    }
    entry.state = 'queued';
    for (let head = this.#queue.peek(); head?.state === 'queued'; head = this.#queue.peek()) {
      this.#queue.shift();
      head.state = 'sent';
      leave(head);
    }
  }

  /** The connection is gone: what is here will never leave. */
  abandon(tell: (entry: LedgerEntry) => void): void {
    const entries = [...this.#queue];
    this.#queue.clear();
    for (const entry of entries) {
      const awaited = entry.state === 'queued' || entry.listener;
      entry.state = 'stale';
      if (awaited) tell(entry);
    }
  }
}
