import type { Copy, CopyEnd, Trace } from '../broker/index.js';
import type { AckPacket, QoS } from '../packets/packet.js';

/** An acknowledgement that came back for one copy. */
export interface CopyAck {
  readonly packet: 'puback' | 'pubrec' | 'pubcomp';
  /** From 0x80 on it refused the message. 0 on MQTT 3.1.1. */
  readonly reasonCode: number;
  readonly reasonString?: string;
}

/** One copy of a message on its way to one client. */
export interface DeliveredCopy {
  readonly clientId: string;
  /** As delivered: the lower one of publish and subscription. */
  readonly qos: QoS;
  readonly retain: boolean;
  /** Of the subscriptions that it is for; undefined where they have none. MQTT 5 only. */
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** How often the PUBLISH was written: 0 while it waits, more than 1 after a resumed session. */
  readonly sent: number;
  /** What came back, in order. A PUBACK or PUBREC below 0x80 took the message, another one refused it. */
  readonly acks: readonly CopyAck[];
  /** How its way ended; undefined while the broker still owes it to the client. */
  readonly end: CopyEnd | undefined;
}

/** A message that a test published through `FakeBroker.publish`, followed to every client that gets it. */
export interface BrokerDelivery {
  /** A copy for each client, or for each subscription where the broker delivers so; in the order of delivery. */
  readonly copies: readonly DeliveredCopy[];
  /** Every acknowledgement of every copy. */
  readonly acks: readonly CopyAck[];
  /** Whether the way of every copy ended: acknowledged, or lost for a reason that its `end` says. */
  readonly isSettled: boolean;
  /** Resolves once it is settled. */
  settled(): Promise<void>;
}

/** Keeps the delivery as the broker tells of it. */
export class TracedDelivery implements BrokerDelivery, Trace {
  readonly #copies = new Map<
    Copy,
    { -readonly [K in keyof DeliveredCopy]: DeliveredCopy[K] } & { acks: CopyAck[] }
  >();
  #open = 0;
  #waiting: (() => void)[] = [];

  get copies(): readonly DeliveredCopy[] {
    return [...this.#copies.values()];
  }

  get acks(): readonly CopyAck[] {
    return this.copies.flatMap((copy) => copy.acks);
  }

  get isSettled(): boolean {
    return this.#open === 0;
  }

  settled(): Promise<void> {
    if (this.isSettled) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  copied(copy: Copy): void {
    const { clientId, qos, retain, subscriptionIdentifiers } = copy;
    this.#open += 1;
    this.#copies.set(copy, {
      clientId,
      qos,
      retain,
      subscriptionIdentifiers,
      sent: 0,
      acks: [],
      end: undefined,
    });
  }

  sent(copy: Copy): void {
    const delivered = this.#copies.get(copy);
    if (delivered !== undefined) delivered.sent += 1;
  }

  acknowledged(copy: Copy, packet: AckPacket): void {
    if (packet.type === 'pubrel') return;
    const reasonString = packet.properties?.reasonString;
    this.#copies.get(copy)?.acks.push({
      packet: packet.type,
      reasonCode: packet.reasonCode,
      ...(reasonString !== undefined && { reasonString }),
    });
  }

  ended(copy: Copy, how: CopyEnd): void {
    const delivered = this.#copies.get(copy);
    if (delivered === undefined) return;
    delivered.end = how;
    this.#open -= 1;
    if (this.#open > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
