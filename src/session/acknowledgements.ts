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
  /** For people who ask which message it is; undefined where an earlier process got it. */
  readonly topic: string | undefined;
  /**
   * `queued`: settled, but an older message of its QoS is not, or the store does not know yet, or (QoS 2) the server has to send it again first, on
   * the connection that followed. `stale`: nothing will be sent, the connection or the session is gone.
   */
  state: 'pending' | 'queued' | 'sent' | 'stale' = 'pending';
  reasonCode: ReasonCode = 0;
  properties: AckProperties | undefined = undefined;
  /** The server sent it on the present connection. */
  isLive = true;
  /** Nobody will settle it: when it is sent again, it is delivered again. */
  isGivenUp = false;
  /** QoS 2 of an earlier connection: perhaps the server has begun another session since, in which the identifier stands for another message. */
  isDoubtful = false;
  /** The store knows that it is settled, or need not. */
  isStored = true;
  /** The store failed: while it is told to the listener, it is pending again; where there is none, it stays queued, to be stored once more. */
  failure: Error | undefined = undefined;
  /** Who wants to know when it left; the session never looks at it. */
  listener: (() => void) | undefined = undefined;

  constructor(packetId: number, qos: 1 | 2, connectionId: number, at: number, topic?: string) {
    this.packetId = packetId;
    this.qos = qos;
    this.connectionId = connectionId;
    this.at = at;
    this.topic = topic;
  }
}

/** `strict`: as the messages of that QoS came, [MQTT-4.6.0-2] and [MQTT-4.6.0-3]. `unordered`: as they are settled. */
export type AckOrder = 'strict' | 'unordered';

/** The messages of one QoS that came on the present connection, in the order of arrival. In strict order only the head may leave: settling in the middle just marks it. */
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

  /** Lets go what may, after `entry` was settled. */
  flush(entry: LedgerEntry, leave: (entry: LedgerEntry) => void): void {
    if (this.#order === 'unordered') {
      if (mayLeave(entry) && this.#queue.take((each) => each === entry)) leave(entry);
      return;
    }
    for (let head = this.#queue.peek(); head && mayLeave(head); head = this.#queue.peek()) {
      this.#queue.shift();
      leave(head);
    }
  }

  /** Empties it: the connection is gone. What was in it. */
  clear(): LedgerEntry[] {
    const entries = [...this.#queue];
    this.#queue.clear();
    return entries;
  }
}

function mayLeave({ state, isStored }: LedgerEntry): boolean {
  return state === 'queued' && isStored;
}
