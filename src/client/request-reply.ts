import { InvalidPacketError, LimitError, MqttError } from '../packets/errors.js';
import { checkInteger } from '../packets/outgoing-checks.js';
import type { PublishPacket, PublishProperties, QoS } from '../packets/packet.js';
import type { ServerLimits } from '../session/server-limits.js';
import type { Clock, Random } from '../time/clock.js';
import { onAbort } from '../time/on-abort.js';
import { validateTopicName } from '../topics/validate.js';
import type { Message } from './message.js';
import type { Payload } from './options.js';
import type { ReceivedMessage } from './received-message.js';
import type { Requester } from './requester.js';

export interface RequestOptions extends PublishProperties {
  /** Default 1, or 0 where the server takes no more. */
  qos?: QoS;
  /** Milliseconds until the promise rejects with `RequestTimeoutError`. Default 30,000; `Infinity` is never. */
  timeout?: number;
  /** Ends the wait; a reply that comes later is ignored. */
  signal?: AbortSignal;
}

/** No reply came in time. The other side may have got the request. */
export class RequestTimeoutError extends MqttError {
  readonly kind = 'request-timeout';
}

export interface RequestReplyContext {
  readonly requester: Requester;
  /** Undefined without a connection. */
  readonly server: () => ServerLimits | undefined;
  /** The session has a subscription of exactly this filter, or asks for it again. */
  readonly isSubscribed: (filter: string) => boolean;
  readonly protocolVersion: 4 | 5;
  /** The key of a session that may outlive this client; undefined where nobody will come back to it. */
  readonly sessionName: string | undefined;
  /** How many requests may wait at once. */
  readonly requestMaximum: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when a reply begins to be waited for. */
  readonly waits: () => void;
  /** Called before the first response topic is subscribed: from then on `intercept` looks at every message. */
  readonly listen: () => void;
  /** Called for each reply that nobody waits for. */
  readonly late: (responseTopic: string) => void;
}

interface ResponseSubscription {
  readonly granted: Promise<unknown>;
  isGranted: boolean;
}

interface Waiter {
  readonly responseTopic: string;
  settle(outcome: Message | Error): void;
}

/**
 * Requests and their replies. MQTT 5.0, 4.10: a request names the topic for the reply and carries data by which the reply is known. What comes to a response
 * topic goes nowhere else; it is acknowledged here, whether somebody waits for it or not.
 */
export class RequestReply {
  readonly #context: RequestReplyContext;
  readonly #waiters = new Map<string, Waiter>();
  /** Response topics, with the SUBSCRIBE that is under way or done. */
  readonly #subscribed = new Map<string, ResponseSubscription>();
  #responseTopic: string | undefined;
  #count = 0;
  #late = 0;

  constructor(context: RequestReplyContext) {
    this.#context = context;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Replies that nobody waited for any more, or ever. */
  get late(): number {
    return this.#late;
  }

  async request(topic: string, payload: Payload, options: RequestOptions = {}): Promise<Message> {
    const { requester, server, protocolVersion, requestMaximum, clock } = this.#context;
    const { timeout = 30_000, signal, ...properties } = options;
    if (protocolVersion === 4) {
      throw new InvalidPacketError(
        'MQTT 3.1.1 has no response topic and no correlation data: request() needs MQTT 5.',
      );
    }
    if (timeout !== Number.POSITIVE_INFINITY) checkInteger(timeout, 'timeout', 0, Number.MAX_SAFE_INTEGER);
    const responseTopic = options.responseTopic ?? this.#ownResponseTopic();
    const wrong = validateTopicName(responseTopic);
    if (wrong !== undefined) throw new InvalidPacketError(wrong);
    const correlationData = options.correlationData ?? this.#nextCorrelationData();
    const key = keyOf(responseTopic, correlationData);
    if (this.#waiters.has(key)) {
      throw new InvalidPacketError(
        'A request with this correlationData waits for its reply already: take other data, or leave it out.',
      );
    }
    if (this.#waiters.size >= requestMaximum) {
      throw new LimitError(
        'queue',
        `${requestMaximum} requests wait for their replies: wait for some, or raise requestMaximum.`,
      );
    }
    signal?.throwIfAborted();

    return new Promise<Message>((resolve, reject) => {
      const withdrawn = new AbortController();
      const cancelTimer =
        timeout === Number.POSITIVE_INFINITY
          ? () => undefined
          : clock.setTimer(timeout, () => waiter.settle(tooLate(topic, timeout)));
      const ignoreAbort = onAbort(signal, () => waiter.settle(signal?.reason));
      const waiter: Waiter = {
        responseTopic,
        settle: (outcome) => {
          if (this.#waiters.get(key) !== waiter) return;
          this.#waiters.delete(key);
          cancelTimer();
          ignoreAbort();
          if (isReply(outcome)) {
            resolve(outcome);
            return;
          }
          reject(outcome);
          withdrawn.abort(outcome); // what has not left need not leave
        },
      };
      this.#waiters.set(key, waiter);
      this.#context.waits();
      const qos: QoS = options.qos ?? (server()?.maximumQoS === 0 ? 0 : 1);
      this.#subscribe(responseTopic)
        .then(() =>
          this.#waiters.get(key) === waiter
            ? requester.publish(topic, payload, {
                ...properties,
                responseTopic,
                correlationData,
                qos,
                signal: withdrawn.signal,
              })
            : undefined,
        )
        .catch((error: Error) => waiter.settle(error));
    });
  }

  /** True: the message came to a response topic, and is settled. */
  intercept(packet: PublishPacket, reply: ReceivedMessage): boolean {
    if (!this.#subscribed.has(packet.topic)) return false;
    reply.settle(0);
    const data = packet.properties?.correlationData;
    const waiter = data && this.#waiters.get(keyOf(packet.topic, data));
    if (waiter) waiter.settle(reply);
    else {
      this.#late++;
      this.#context.late(packet.topic);
    }
    return true;
  }

  /** The connection is gone: whether a reply still comes cannot be known. */
  lost(error: Error): void {
    for (const waiter of [...this.#waiters.values()]) waiter.settle(error);
  }

  #subscribe(responseTopic: string): Promise<unknown> {
    const known = this.#subscribed.get(responseTopic);
    // It may have been lost with the session since, or unsubscribed.
    if (known && (!known.isGranted || this.#context.isSubscribed(responseTopic))) return known.granted;
    this.#context.listen();
    const subscribing = this.#context.requester.subscribe({
      filter: responseTopic,
      maximumQoS: 1,
      retainHandling: 'never',
    });
    const subscription: ResponseSubscription = { granted: subscribing, isGranted: false };
    this.#subscribed.set(responseTopic, subscription);
    subscribing.then(
      () => {
        subscription.isGranted = true;
      },
      () => this.#subscribed.delete(responseTopic), // the next request tries again; this one gets the error itself
    );
    return subscribing;
  }

  #ownResponseTopic(): string {
    if (this.#responseTopic === undefined) {
      const { server, sessionName, random } = this.#context;
      this.#responseTopic = responseTopicUnder(server()?.responseInfo ?? RESPONSES, sessionName, random);
    }
    return this.#responseTopic;
  }

  #nextCorrelationData(): Uint8Array {
    const data = randomBytes(this.#context.random, 8);
    new DataView(data.buffer).setUint32(0, this.#count++); // so that it differs from all that wait
    return data;
  }
}

/** Where responses go unless the server says it. */
export const RESPONSES = 'topicwise/replies';

/** The same for the whole life of a session that has a name: each restart would leave another subscription in it. */
export function responseTopicUnder(place: string, sessionName: string | undefined, random: Random): string {
  const name = sessionName === undefined ? hexOf(randomBytes(random, 8)) : encodeURIComponent(sessionName);
  return `${place.replace(/\/$/, '')}/${name}`;
}

function keyOf(responseTopic: string, correlationData: Uint8Array): string {
  return `${responseTopic}\0${hexOf(correlationData)}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function randomBytes(random: Random, count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}

function isReply(outcome: Message | Error): outcome is Message {
  return typeof outcome === 'object' && outcome !== null && 'ack' in outcome;
}

function tooLate(topic: string, timeout: number): RequestTimeoutError {
  return new RequestTimeoutError(
    `No reply to the request on "${topic}" came within ${timeout} ms. Check that somebody answers it there, or raise timeout.`,
  );
}
