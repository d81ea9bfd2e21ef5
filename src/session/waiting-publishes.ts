import { LimitError } from '../packets/errors.js';
import type { PublishRequest } from './publish-request.js';
import { Queue } from './queue.js';

/** What may wait for a connection. */
export interface OfflineLimits {
  readonly maxMessages: number;
  /** Of topics and payloads. */
  readonly maxBytes: number;
  readonly overflow: 'reject' | 'drop-oldest';
  /** False: QoS 0 does not wait for a connection. */
  readonly qos0: boolean;
}

/**
 * Publishes that have not left: QoS 1 and 2 for want of a slot, an identifier, the socket or a connection, QoS 0 for want of the last two.
 */
export class WaitingPublishes {
  readonly qos0 = new Queue<PublishRequest>();
  /** QoS 1 and 2. */
  readonly acknowledged = new Queue<PublishRequest>();
  #bytes = 0;

  get length(): number {
    return this.qos0.length + this.acknowledged.length;
  }

  of(request: PublishRequest): Queue<PublishRequest> {
    return request.packet.qos === 0 ? this.qos0 : this.acknowledged;
  }

  push(request: PublishRequest): void {
    this.#bytes += sizeOf(request);
    this.of(request).push(request);
  }

  /** Takes the first of a queue. */
  shift(queue: Queue<PublishRequest>): PublishRequest | undefined {
    const request = queue.shift();
    if (request) this.#bytes -= sizeOf(request);
    return request;
  }

  /** Empties a queue, and tells each. */
  giveUp(queue: Queue<PublishRequest>, tell: (request: PublishRequest) => void): void {
    for (let next = this.shift(queue); next; next = this.shift(queue)) tell(next);
  }

  /** Whether it was still waiting. */
  take(request: PublishRequest): boolean {
    const taken = this.of(request).take((waiting) => waiting === request);
    if (taken) this.#bytes -= sizeOf(taken);
    return taken !== undefined;
  }

  /** Takes out those that `unfit` has something against, and tells it. */
  sift(
    unfit: (request: PublishRequest) => Error | undefined,
    tell: (request: PublishRequest, error: Error) => void,
  ) {
    for (const queue of [this.qos0, this.acknowledged]) {
      const all = [...queue];
      queue.clear();
      for (const request of all) {
        const error = unfit(request);
        if (!error) {
          queue.push(request);
          continue;
        }
        this.#bytes -= sizeOf(request);
        tell(request, error);
      }
    }
  }

  /** While there is no connection. Throws a LimitError if there is no room; with `drop-oldest` tells those that have to go. */
  pushOffline(
    request: PublishRequest,
    limits: OfflineLimits,
    tell: (dropped: PublishRequest, error: LimitError) => void,
  ): void {
    for (const dropped of this.#makeRoom(request, limits)) {
      const { topic } = dropped.packet;
      const message = `The message for "${topic}" had to make room for a newer one in the offline queue. Nothing of it was sent.`;
      tell(dropped, new LimitError('queue', message));
    }
    this.push(request);
  }

  #makeRoom(request: PublishRequest, limits: OfflineLimits): PublishRequest[] {
    const size = sizeOf(request);
    const fits = () => this.length < limits.maxMessages && this.#bytes + size <= limits.maxBytes;
    const dropped: PublishRequest[] = [];
    if (limits.overflow === 'drop-oldest' && size <= limits.maxBytes && limits.maxMessages > 0) {
      while (!fits()) {
        // What may get lost goes first.
        const oldest = this.shift(this.qos0) ?? this.shift(this.acknowledged);
        if (!oldest) break;
        dropped.push(oldest);
      }
    }
    if (fits()) return dropped;
    throw new LimitError(
      'queue',
      `There is no connection, and the offline queue is full (${this.length} messages, ${this.#bytes} bytes): publish later, or raise the limits of the option offline.`,
    );
  }
}

function sizeOf({ packet }: PublishRequest): number {
  return packet.topic.length + packet.payload.length;
}
