import type { SubscriptionRequest } from '../../packets/packet.js';
import { overlaps } from '../../topics/matches.js';
import { parseSharedFilter } from '../../topics/shared-filter.js';
import type { MessageQueue } from './message-queue.js';

/** A filter that streams hold: how the server knows it, and who reads it. */
export class HeldFilter {
  /** As in SUBSCRIBE. */
  readonly filter: string;
  /** Without the share name. */
  readonly topicFilter: string;
  readonly shared: boolean;
  /** In which order filters were subscribed first. */
  readonly order: number;
  /** As the latest SUBSCRIBE said. */
  request: SubscriptionRequest;
  /** Which its messages carry, the current one first; empty where the server has none. */
  readonly identifiers: number[] = [];
  readonly streams = new Set<StreamTarget>();

  constructor(request: SubscriptionRequest, order: number) {
    const shared = parseSharedFilter(request.filter);
    this.filter = request.filter;
    this.topicFilter = shared?.filter ?? request.filter;
    this.shared = shared !== undefined;
    this.order = order;
    this.request = request;
  }
}

/** A stream, as the way of a message sees it. */
export interface StreamTarget {
  readonly queue: MessageQueue;
  /** The `order` of the last message before it began. */
  readonly since: number;
  /** Ends it: one of its filters is lost. Undefined until it is open. */
  fail: ((error: Error) => void) | undefined;
}

/** Which of two filters of one stream speaks for both: the one that surely gets the message, at the higher QoS, subscribed first. */
export function compareRank(a: HeldFilter, b: HeldFilter): number {
  return compareRequests(a.request, b.request) || a.order - b.order;
}

/** The same for what is not subscribed yet: that is the order of subscribing, so that who speaks is there first. */
export function compareRequests(a: SubscriptionRequest, b: SubscriptionRequest): number {
  return Number(a.noLocal) - Number(b.noLocal) || b.maximumQoS - a.maximumQoS;
}

/** What one subscription must say for both: there is one of a filter. */
export function agreed(held: SubscriptionRequest, wanted: SubscriptionRequest): SubscriptionRequest {
  return { ...wanted, maximumQoS: held.maximumQoS > wanted.maximumQoS ? held.maximumQoS : wanted.maximumQoS };
}

export function overlap(one: HeldFilter, other: HeldFilter): boolean {
  return overlaps(one.topicFilter, other.topicFilter);
}
