import type { PublishPacket } from '../../packets/packet.js';
import type { LedgerEntry } from '../../session/acknowledgements.js';
import type { Message } from '../message.js';
import type { DropReason } from '../observers.js';
import { ReceivedMessage, type Settler } from '../received-message.js';
import type { StreamTarget } from './held-filter.js';
import { MessageQueue, type Overflow } from './message-queue.js';
import type { MessageStream, ReadOptions } from './message-stream.js';
import { Reader } from './reader.js';
import { SharedAck } from './shared-ack.js';

/** Who looks at a packet first. True: it is taken care of, and so is its acknowledgement. */
export type Intercept = (packet: PublishPacket, message: ReceivedMessage) => boolean;

/** Where received messages go: to the streams that they are for, the others to the dispatcher or to whoever reads `messages()`. */
export class Inbox {
  readonly #settler: Settler;
  readonly #overflow: Overflow;
  readonly #onDropped: (message: Message, why: DropReason) => void;
  readonly #rest: MessageQueue;
  readonly #queues = new Set<MessageQueue>();
  #route: ((packet: PublishPacket) => readonly StreamTarget[] | undefined) | undefined;
  #intercept: Intercept | undefined;
  #receive: ((message: Message) => void) | undefined;
  #dropped = 0;
  #repeated = 0;
  #order = 0;

  constructor(settler: Settler, overflow: Overflow, onDropped: (message: Message, why: DropReason) => void) {
    this.#settler = settler;
    this.#overflow = overflow;
    this.#onDropped = onDropped;
    this.#rest = this.queue(overflow.limit);
  }

  /** Messages that no reader took yet. */
  get length(): number {
    let length = 0;
    for (const queue of this.#queues) length += queue.length;
    return length;
  }

  /** QoS 0 messages that went unread. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Further copies of messages that the streams had got, one for each matching subscription. */
  get repeated(): number {
    return this.#repeated;
  }

  deliver(packet: PublishPacket, entry: LedgerEntry | undefined, connectionId: number): void {
    const message = new ReceivedMessage(packet, entry, this.#settler, connectionId);
    if (this.#intercept?.(packet, message)) return;
    const targets = this.#route?.(packet);
    if (targets) this.#toStreams(targets, message, packet, entry, connectionId);
    else this.#toRest(message);
  }

  messages(options: ReadOptions): MessageStream {
    return new Reader(this.#rest, options);
  }

  /** Every message that no stream takes goes to `receive`, at once; what waits goes first. Returns the way back. */
  dispatch(receive: (message: Message) => void): () => void {
    if (this.#receive) throw new Error('This client has a dispatcher already.');
    this.#receive = receive;
    for (let message = this.#rest.take(); message; message = this.#rest.take()) receive(message);
    return () => {
      if (this.#receive === receive) this.#receive = undefined;
    };
  }

  /** Asks `route` for each message; undefined while there is no stream, so that nothing is asked. */
  routeBy(route: ((packet: PublishPacket) => readonly StreamTarget[] | undefined) | undefined): void {
    this.#route = route;
  }

  /** Shows each message to `intercept` first. */
  interceptBy(intercept: Intercept | undefined): void {
    this.#intercept = intercept;
  }

  /** A queue for a stream; counted here until it is removed. */
  queue(limit: number | undefined): MessageQueue {
    const queue: MessageQueue = new MessageQueue(
      { limit: limit ?? this.#overflow.limit, policy: this.#overflow.policy },
      (message) => {
        this.#dropped++;
        this.#onDropped(message, 'queue-full');
      },
    );
    this.#queues.add(queue);
    return queue;
  }

  /** What waits for `messages()` and is for the stream that begins. */
  handOver(picks: (message: ReceivedMessage) => boolean, queue: MessageQueue): void {
    for (const message of this.#rest.takeAll(picks)) queue.push(message);
  }

  /** How many messages streams got. */
  get order(): number {
    return this.#order;
  }

  /** The stream has ended; `heirOf` says which stream a message of it is for by now, or that another had it. */
  remove(
    queue: MessageQueue,
    heirOf: (message: ReceivedMessage) => StreamTarget | 'had it' | undefined,
  ): void {
    this.#queues.delete(queue);
    for (const message of queue.takeAll(() => true)) {
      if (message.release()) continue; // another stream has it too
      const heir = heirOf(message);
      if (heir === 'had it') this.#repeat(message);
      else if (heir) heir.queue.push(message);
      else this.#toRest(message);
    }
  }

  /** The connection is gone, but others follow. */
  interrupted(error: Error): void {
    for (const queue of [...this.#queues]) queue.interrupted(error);
  }

  /** A connection stands: what belonged to a session that is no more goes. */
  dropStale(): void {
    for (const queue of this.#queues) queue.dropStale();
  }

  /** No message comes any more: see `MessageQueue.end`. */
  end(error: Error | undefined): void {
    this.#receive = this.#route = this.#intercept = undefined;
    for (const queue of [...this.#queues]) queue.end(error);
  }

  #toRest(message: ReceivedMessage): void {
    if (this.#receive) this.#receive(message);
    else if (!this.#rest.ended) this.#rest.push(message);
  }

  /** A further copy: whoever it is for has the message. */
  #repeat(message: ReceivedMessage): void {
    this.#repeated++;
    message.settle(0);
  }

  #toStreams(
    targets: readonly StreamTarget[],
    message: ReceivedMessage,
    packet: PublishPacket,
    entry: LedgerEntry | undefined,
    connectionId: number,
  ): void {
    if (targets.length <= 1) {
      if (targets.length === 0) {
        this.#repeat(message);
        return;
      }
      message.order = ++this.#order;
      targets[0]!.queue.push(message);
      return;
    }
    this.#order++;
    const shared = entry && new SharedAck(entry, this.#settler);
    // All shares before the first is handed out, which may settle it at once.
    const messages = targets.map(
      () => new ReceivedMessage(packet, shared?.share(), shared ?? this.#settler, connectionId),
    );
    for (const [index, target] of targets.entries()) {
      messages[index]!.order = this.#order;
      target.queue.push(messages[index]!);
    }
  }
}
