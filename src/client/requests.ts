// What callers wait for: a packet on its way, with the two ends of the caller's promise.

import { describe, refuse } from '../packets/outgoing-checks.js';
import type {
  AckPacket,
  PublishPacket,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from '../packets/packet.js';
import { reasonCodeName } from '../packets/reason-codes.js';
import type { Request } from '../session/effects.js';
import { NegativeAckError } from '../session/errors.js';
import type { PublishRequest } from '../session/publish-request.js';
import type { SubscribeRequest, UnsubscribeRequest } from '../session/subscriptions.js';
import { onAbort } from '../time/on-abort.js';
import type {
  Granted,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  TopicFilter,
  UnsubscribeOptions,
} from './options.js';
import { bytesOf, propertiesOf } from './settings.js';

type Resolve<T> = (result: T) => void;
type Reject = (error: unknown) => void;

/** An answer of type `A` makes a result of type `R`. The signal ends the caller's wait, `withdraw` decides what becomes of the packet. */
abstract class Call<A, R> implements Request<A> {
  readonly #resolve: Resolve<R>;
  readonly #reject: Reject;
  readonly #signal: AbortSignal | undefined;
  #ignoreAbort: (() => void) | undefined;
  #isOver = false;

  constructor(resolve: Resolve<R>, reject: Reject, signal: AbortSignal | undefined) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
  }

  /** The caller waits no longer. */
  get isAbandoned(): boolean {
    return this.#isOver;
  }

  /** Once the request is under way. */
  watchSignal(withdraw?: () => void): void {
    if (!this.#signal) return;
    this.#ignoreAbort = onAbort(this.#signal, () => {
      this.#isOver = true;
      withdraw?.();
      this.#reject(this.#signal?.reason);
    });
  }

  settle(outcome: A | Error): void {
    this.#isOver = true;
    this.#ignoreAbort?.();
    if (outcome instanceof Error) {
      this.#reject(outcome);
      return;
    }
    const result = this.result(outcome);
    if (result instanceof Error) this.#reject(result);
    else this.#resolve(result);
  }

  protected abstract result(answer: A): R | Error;
}

export class PublishCall extends Call<AckPacket | undefined, PublishResult> implements PublishRequest {
  readonly packet: PublishPacket;
  readonly expiresAt: number | undefined;
  wasResent = false;
  readonly #protocolVersion: 4 | 5;

  constructor(
    packet: PublishPacket,
    expiresAt: number | undefined,
    protocolVersion: 4 | 5,
    resolve: Resolve<PublishResult>,
    reject: Reject,
    signal: AbortSignal | undefined,
  ) {
    super(resolve, reject, signal);
    this.packet = packet;
    this.expiresAt = expiresAt;
    this.#protocolVersion = protocolVersion;
  }

  protected result(answer: AckPacket | undefined): PublishResult {
    const { qos } = this.packet;
    if (qos === 0 || !answer) return { qos: 0 };
    const { packetId, reasonCode, properties } = answer;
    return {
      qos,
      packetId,
      reasonCode,
      matched: this.#protocolVersion === 5 ? reasonCode !== 0x10 : undefined,
      ...(properties?.reasonString !== undefined && { reasonString: properties.reasonString }),
      ...(properties?.userProperties && { userProperties: properties.userProperties }),
      resent: this.wasResent,
    };
  }
}

export class SubscribeCall extends Call<SubackPacket, readonly Granted[]> implements SubscribeRequest {
  readonly packet: SubscribePacket;
  readonly #partial: 'throw' | 'return';

  constructor(
    packet: SubscribePacket,
    options: SubscribeOptions,
    resolve: Resolve<readonly Granted[]>,
    reject: Reject,
  ) {
    super(resolve, reject, options.signal);
    this.packet = packet;
    this.#partial = options.partial ?? 'throw';
  }

  protected result(answer: SubackPacket): readonly Granted[] | Error {
    const said = saidWith(answer);
    const granted = this.packet.subscriptions.map(({ filter }, index): Granted => {
      const reasonCode = answer.reasonCodes[index]!; // the session has checked the count
      return { ...said, filter, reasonCode, qos: reasonCode <= 2 ? (reasonCode as 0 | 1 | 2) : undefined }; // the decoder lets 0 to 2 and failures through
    });
    return this.#partial === 'return' ? granted : (refusal(answer, granted) ?? granted);
  }
}

export class UnsubscribeCall extends Call<UnsubackPacket, readonly Granted[]> implements UnsubscribeRequest {
  readonly packet: UnsubscribePacket;

  constructor(
    packet: UnsubscribePacket,
    resolve: Resolve<readonly Granted[]>,
    reject: Reject,
    signal: AbortSignal | undefined,
  ) {
    super(resolve, reject, signal);
    this.packet = packet;
  }

  protected result(answer: UnsubackPacket): readonly Granted[] | Error {
    const said = saidWith(answer);
    const granted = this.packet.filters.map(
      (filter, index): Granted => ({
        ...said,
        filter,
        reasonCode: answer.reasonCodes[index] ?? 0,
        qos: undefined,
      }),
    );
    return refusal(answer, granted) ?? granted;
  }
}

function saidWith({
  properties,
}: SubackPacket | UnsubackPacket): Pick<Granted, 'reasonString' | 'userProperties'> {
  return {
    ...(properties?.reasonString !== undefined && { reasonString: properties.reasonString }),
    ...(properties?.userProperties && { userProperties: properties.userProperties }),
  };
}

function refusal(
  answer: SubackPacket | UnsubackPacket,
  granted: readonly Granted[],
): NegativeAckError | undefined {
  const refused = granted.filter(({ reasonCode }) => reasonCode >= 0x80);
  if (refused.length === 0) return undefined;
  const { reasonString } = answer.properties ?? {};
  const list = refused.map(
    ({ filter, reasonCode }) => `"${filter}" (${reasonCodeName(reasonCode, answer.type)})`,
  );
  return new NegativeAckError(
    answer.type,
    answer.reasonCodes,
    reasonString,
    `The server refused to ${answer.type === 'suback' ? 'subscribe' : 'unsubscribe'} ${list.join(', ')}${reasonString ? `: ${reasonString}` : ''}.`,
  );
}

/** Throws an InvalidPacketError, as the next two do. */
export function publishPacket(
  topic: string,
  payload: string | Uint8Array | undefined,
  options: PublishOptions,
): PublishPacket {
  const { qos = 0 } = options;
  // These before the server's limits are looked at; everything else is checked where it is encoded.
  if (typeof topic !== 'string') refuse(`The topic must be a string, not ${describe(topic)}.`);
  if (qos !== 0 && qos !== 1 && qos !== 2) refuse(`qos must be 0, 1 or 2, not ${describe(qos)}.`);
  const packet: PublishPacket = {
    type: 'publish',
    topic,
    payload: bytesOf(payload, 'The payload'),
    qos,
    retain: options.retain ?? false,
    duplicate: false,
  };
  const properties = propertiesOf(options);
  if (properties) packet.properties = properties;
  return packet;
}

export function subscribePacket(
  filters: string | TopicFilter | readonly (string | TopicFilter)[],
  options: SubscribeOptions,
): SubscribePacket {
  const packet: SubscribePacket = {
    type: 'subscribe',
    packetId: 1, // until the session gives it its own
    subscriptions: listOf(filters).map(subscriptionRequest),
  };
  const { id, userProperties } = options;
  if (id !== undefined || userProperties) {
    packet.properties = {
      ...(id !== undefined && { subscriptionIdentifier: id }),
      ...(userProperties && { userProperties }),
    };
  }
  return packet;
}

export function unsubscribePacket(
  filters: string | readonly string[],
  { userProperties }: UnsubscribeOptions,
): UnsubscribePacket {
  return {
    type: 'unsubscribe',
    packetId: 1 /* as above */,
    filters: listOf(filters),
    ...(userProperties && { properties: { userProperties } }),
  };
}

export function listOf<T>(filters: T | readonly T[]): readonly T[] {
  return Array.isArray(filters) ? [...filters] : [filters as T]; // isArray does not narrow readonly arrays away
}

/** With the defaults. Throws an InvalidPacketError. */
export function subscriptionRequest(wanted: string | TopicFilter): SubscriptionRequest {
  const given: TopicFilter = typeof wanted === 'string' ? { filter: wanted } : wanted;
  if (typeof given?.filter !== 'string') {
    refuse(`A filter must be a string, or an object with a string as its filter, not ${describe(wanted)}.`);
  }
  return {
    filter: given.filter,
    maximumQoS: given.maximumQoS ?? 2,
    noLocal: given.noLocal ?? false,
    retainAsPublished: given.retainAsPublished ?? false,
    retainHandling: given.retainHandling ?? 'send',
  };
}
