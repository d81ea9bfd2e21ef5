// The client under test, whichever it is, as far as a scenario needs it.

import type { Clock, VirtualClock } from '../../../src/time/index.js';
import type { Transport } from '../../../src/transports/index.js';

/** Where a promise of the client stands. */
export class Outcome<T = unknown> {
  state: 'pending' | 'resolved' | 'rejected' = 'pending';
  value: T | undefined;
  error: unknown;

  constructor(promise: PromiseLike<T>) {
    promise.then(
      (value) => {
        this.state = 'resolved';
        this.value = value;
      },
      (error: unknown) => {
        this.state = 'rejected';
        this.error = error;
      },
    );
  }

  /** The reason code that the error carries, if it carries one. */
  get reasonCode(): number | undefined {
    const { error } = this;
    const found = fieldOf(error, 'code') ?? fieldOf(error, 'reasonCode') ?? fieldOf(error, 'reasonCodes');
    const code = Array.isArray(found) ? found.find((each) => each >= 0x80) : found;
    return typeof code === 'number' ? code : fieldOf(fieldOf(error, 'disconnection'), 'reasonCode');
  }
}

function fieldOf(value: unknown, name: string): number | undefined {
  // Read from an error of either library, whose class is not known here.
  return typeof value === 'object' && value !== null
    ? (value as Record<string, number | undefined>)[name]
    : undefined;
}

export interface SubjectOptions {
  protocol?: 5 | 4;
  clientId?: string;
  cleanStart?: boolean;
  keepAlive?: number;
  connectTimeout?: number;
  sessionExpiryInterval?: number;
  receiveMaximum?: number;
  maximumPacketSize?: number;
  /** Topic aliases that the server may use. */
  inboundAliases?: number;
  /** Let the client use topic aliases of its own accord. */
  outboundAliases?: boolean;
  /** Keep publishes while there is no connection. */
  offlineQueue?: boolean;
  /** Publish again what was under way when the server forgot the session. */
  republish?: boolean;
  /** Answers to the challenges of an enhanced authentication: `answer-to-<challenge>`. */
  authenticationMethod?: string;
  /** Received messages are acknowledged as they come, unless the script does it. */
  acknowledge?: 'at once' | 'by hand';
  /** `later`: nobody reads until `read()`. */
  reading?: 'now' | 'later';
  /** Nobody listens to errors or anything else. */
  unobserved?: boolean;
  /** Where the client finds its server itself, over TCP. */
  address?: string;
  /** A folder that holds the session over a restart. */
  store?: string;
}

export interface SubjectMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly duplicate: boolean;
  ack(): void;
}

export interface SubjectPublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  messageExpiryInterval?: number;
  signal?: AbortSignal;
}

export interface SubjectSubscription {
  filter: string;
  maximumQoS?: 0 | 1 | 2;
  noLocal?: boolean;
  retainHandling?: 'send' | 'send-if-new' | 'never';
}

/** One client of either library. Everything that a caller may wait for is an `Outcome`; nothing throws. */
export interface SubjectClient {
  readonly connecting: Outcome;
  readonly inbox: readonly SubjectMessage[];
  /** Reason codes that the application was told, by an error, an event or a state, newest last. */
  readonly told: readonly number[];
  /** Whether the client has given up for good. Undefined where it does not say. */
  readonly isOver: boolean;
  publish(topic: string, payload?: Uint8Array | string, options?: SubjectPublishOptions): Outcome;
  subscribe(filters: readonly SubjectSubscription[], options?: { id?: number }): Outcome;
  unsubscribe(filters: readonly string[]): Outcome;
  /** Starts reading, with `reading: 'later'`. */
  read(): void;
  /** A reader of its own, where the library has such. */
  reader?(): SubjectReader;
  /** Gives the first attempt up. */
  abort(): void;
  reauthenticate(): Outcome;
  /** Leaves in order, after what is under way. */
  disconnect(options?: { sessionExpiryInterval?: number; reasonCode?: number }): Outcome;
  /** Leaves at once. */
  close(): Outcome;
}

/** One of several readers that share the messages. */
export interface SubjectReader {
  /** Resolves with the topic of the next message. */
  next(): Outcome;
  abort(): void;
  return(): void;
}

export interface Subject {
  readonly name: 'topicwise' | 'MQTT.js';
  /** Starts to connect. */
  open(dial: () => Transport, clock: Clock, random: () => number, options: SubjectOptions): SubjectClient;
  /** Runs a script with everything that this library takes from the machine handed in. */
  within(clock: VirtualClock, script: () => Promise<void>): Promise<void>;
}
