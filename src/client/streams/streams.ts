import { InvalidPacketError } from '../../packets/errors.js';
import { checkInteger } from '../../packets/outgoing-checks.js';
import type { SubscriptionRequest } from '../../packets/packet.js';
import { ClosedError, ConnectionLostError } from '../../session/errors.js';
import type { HeldSubscription } from '../../session/subscriptions.js';
import { orAborted } from '../../time/or-aborted.js';
import { matches } from '../../topics/matches.js';
import { validateTopicFilter } from '../../topics/validate.js';
import type { Granted, SubscribeOptions, UnsubscribeOptions } from '../options.js';
import type { Filters, Requester } from '../requester.js';
import { listOf, subscriptionRequest } from '../requests.js';
import { agreed, compareRequests, type HeldFilter, overlap, type StreamTarget } from './held-filter.js';
import type { Inbox } from './inbox.js';
import type { StreamOptions, Subscription } from './message-stream.js';
import { Routes } from './routes.js';
import { SubscribedStream } from './subscribed-stream.js';

/** The biggest identifier that takes three bytes: streams count down from here, out of the way of the user's. */
const firstIdentifier = 2_097_151;

export interface StreamsContext {
  readonly requester: Requester;
  readonly inbox: Inbox;
  /** What the session is subscribed to. */
  readonly subscriptions: () => ReadonlyMap<string, HeldSubscription>;
  readonly isOnline: () => boolean;
  /** The server knows subscription identifiers. */
  readonly identifiers: () => boolean;
}

/** Opens and closes streams, and keeps who holds which filter: streams and `subscribe()` share one subscription of it on the server. */
export class Streams {
  readonly #context: StreamsContext;
  readonly #routes: Routes;
  /** What the client's `subscribe()` holds. */
  readonly #subscribed = new Set<string>();
  /** The same, one entry a call, while the answer is not there. */
  readonly #asked = new Set<readonly string[]>();
  #lastIdentifier = firstIdentifier + 1;

  constructor(context: StreamsContext) {
    this.#context = context;
    this.#routes = new Routes((identifier) => this.#isHeldOtherwise(identifier));
  }

  async open(filters: Filters, options: SubscribeOptions & StreamOptions = {}): Promise<Subscription> {
    const requests = requestsOf(filters);
    if (options.queue !== undefined) checkInteger(options.queue, 'queue', 0, Number.MAX_SAFE_INTEGER);
    options.signal?.throwIfAborted();
    for (const request of requests) this.#checkAgreement(request);

    const { inbox } = this.#context;
    const stream: StreamTarget = { queue: inbox.queue(options.queue), since: inbox.order, fail: undefined };
    const groups = this.#groups([...requests].sort(compareRequests), options.id);
    for (const group of groups) this.#hold(group, stream);
    inbox.routeBy((packet) => this.#routes.route(packet));
    const topicFilters = groups.flat().map(({ topicFilter }) => topicFilter);
    inbox.handOver(
      ({ topic }) => topicFilters.some((topicFilter) => matches(topicFilter, topic)),
      stream.queue,
    );
    const { signal } = options;
    const unanswered: HeldFilter[] = [];
    const asking = groups.map(async (group) => {
      try {
        return await this.#subscribe(group, options);
      } catch (error) {
        if (signal?.aborted && error === signal.reason) unanswered.push(...group);
        throw error;
      }
    });
    try {
      const answers = await allSettled(asking);
      signal?.throwIfAborted(); // since the answer: a reader that begins so would never end the subscription
      const granted = new Map(answers.flat().map((each) => [each.filter, each]));
      const refused = groups.flat().filter(({ filter }) => granted.get(filter)!.reasonCode >= 0x80);
      for (const held of refused) this.#letGo(held, stream);
      const subscribed = new SubscribedStream(
        stream.queue,
        requests.map(({ filter }) => granted.get(filter)!),
        options,
        () => this.#close(stream, groups.flat()),
      );
      stream.fail = (error) => subscribed.fail(error);
      return subscribed;
    } catch (error) {
      // What the caller has to know is why there is no stream, and with a signal that is all it waits for.
      const closing = this.#close(stream, groups.flat(), unanswered).catch(() => undefined);
      await (signal ? orAborted(closing, signal).catch(() => undefined) : closing);
      throw error;
    }
  }

  /** The client's `subscribe()`: what streams hold too keeps the identifier by which they are found. */
  async subscribe(filters: Filters, options: SubscribeOptions = {}): Promise<readonly Granted[]> {
    const asked = listOf(filters).map((each) => (typeof each === 'string' ? each : each?.filter));
    this.#asked.add(asked);
    try {
      return await this.#ask(filters, options);
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** The client's `unsubscribe()`: a filter that a stream holds stays with the server. */
  async unsubscribe(
    filters: string | readonly string[],
    options: UnsubscribeOptions = {},
  ): Promise<readonly Granted[]> {
    const { requester } = this.#context;
    const list = listOf(filters);
    const mine = list.filter((filter) => this.#subscribed.delete(filter));
    const held = list.filter((filter) => this.#routes.get(filter));
    if (held.length === 0) return requester.unsubscribe(filters, options);
    const free = list.filter((filter) => !this.#routes.get(filter));
    const answers = free.length > 0 ? await requester.unsubscribe(free, options) : [];
    const granted = new Map(answers.map((each) => [each.filter, each]));
    for (const filter of held) {
      granted.set(filter, { filter, reasonCode: mine.includes(filter) ? 0x00 : 0x11, qos: undefined });
    }
    return list.map((filter) => granted.get(filter)!);
  }

  /** The server has lost a subscription, and refuses to make it again: streams that hold it would wait for ever. */
  lost(filter: string, error: Error): void {
    this.#subscribed.delete(filter);
    for (const stream of [...(this.#routes.get(filter)?.streams ?? [])]) stream.fail?.(error);
  }

  async #ask(filters: Filters, options: SubscribeOptions): Promise<readonly Granted[]> {
    const { requester } = this.#context;
    if (this.#routes.size === 0) {
      const answers = await requester.subscribe(filters, options);
      this.#note(answers);
      return answers;
    }
    const requests = requestsOf(filters);
    const free = requests.filter(({ filter }) => !this.#routes.get(filter));
    const held = requests.flatMap(({ filter }) => this.#routes.get(filter) ?? []);
    for (const request of requests) this.#checkAgreement(request);

    const asking = held.map((each) => {
      const request = requests.find(({ filter }) => filter === each.filter)!; // held are those of them
      each.request = agreed(each.request, request);
      if (options.id !== undefined && !each.identifiers.includes(options.id))
        each.identifiers.unshift(options.id);
      return this.#subscribe([each], options);
    });
    if (free.length > 0) asking.push(requester.subscribe(free, options));
    for (const each of asking)
      void each.then(
        (answers) => this.#note(answers),
        () => undefined,
      ); // what is granted is held, whatever the others get
    const granted = new Map((await allSettled(asking)).flat().map((each) => [each.filter, each]));
    return requests.map(({ filter }) => granted.get(filter)!);
  }

  /**
   * Which filters share a SUBSCRIBE, and so an identifier. Those of a stream that overlap don't, or a copy for each of them could not be told
   * from two messages; nor does what is held already.
   */
  #groups(requests: readonly SubscriptionRequest[], id: number | undefined): HeldFilter[][] {
    const groups: HeldFilter[][] = [];
    const mayJoin: HeldFilter[][] = [];
    for (const request of requests) {
      const known = this.#routes.get(request.filter);
      const held = known ?? this.#routes.hold(request);
      held.request = agreed(held.request, request);
      const alone = known !== undefined || this.#subscribed.has(request.filter);
      const joined = alone ? undefined : mayJoin.find((group) => group.every((each) => !overlap(each, held)));
      if (joined) {
        joined.push(held);
        continue;
      }
      const group = [held];
      groups.push(group);
      if (!alone) mayJoin.push(group);
    }
    if (this.#context.identifiers()) for (const group of groups) this.#identify(group, id);
    return groups;
  }

  #identify(group: readonly HeldFilter[], id: number | undefined): void {
    const [first] = group as [HeldFilter];
    const current = first.identifiers[0] ?? this.#subscribedIdentifier(first.filter);
    const identifier = id ?? current ?? this.#freeIdentifier();
    for (const held of group) {
      if (!held.identifiers.includes(identifier)) held.identifiers.unshift(identifier);
    }
  }

  #freeIdentifier(): number {
    do this.#lastIdentifier = this.#lastIdentifier === 1 ? firstIdentifier : this.#lastIdentifier - 1;
    while (this.#routes.hasIdentifier(this.#lastIdentifier) || this.#isHeldOtherwise(this.#lastIdentifier));
    return this.#lastIdentifier;
  }

  #isHeldOtherwise(identifier: number): boolean {
    for (const [filter, held] of this.#context.subscriptions()) {
      if (held.identifier !== identifier) continue;
      if (!this.#routes.get(filter) || this.#subscribed.has(filter)) return true;
    }
    return false;
  }

  /** The identifier that `subscribe()` was given for this very filter. */
  #subscribedIdentifier(filter: string): number | undefined {
    return this.#subscribed.has(filter) ? this.#context.subscriptions().get(filter)?.identifier : undefined;
  }

  #note(granted: readonly Granted[]): void {
    for (const { filter, reasonCode } of granted) if (reasonCode < 0x80) this.#subscribed.add(filter);
  }

  #hold(group: readonly HeldFilter[], stream: StreamTarget): void {
    for (const held of group) held.streams.add(stream);
  }

  async #subscribe(group: readonly HeldFilter[], options: SubscribeOptions): Promise<readonly Granted[]> {
    const identifier = group[0]!.identifiers[0];
    const { id: _, ...rest } = options;
    return this.#context.requester.subscribe(
      group.map(({ request }) => request),
      { ...rest, ...(identifier !== undefined && { id: identifier }) },
    );
  }

  /** True: nobody holds the filter any more. */
  #letGo(held: HeldFilter, stream: StreamTarget): boolean {
    if (!held.streams.delete(stream) || held.streams.size > 0) return false;
    this.#routes.drop(held);
    if (this.#routes.size === 0) this.#context.inbox.routeBy(undefined);
    for (const filters of this.#asked) if (filters.includes(held.filter)) return false;
    return !this.#subscribed.has(held.filter);
  }

  /** The server may grant yet what is `unanswered`; what is sent behind that SUBSCRIBE is carried out behind it. */
  async #close(
    stream: StreamTarget,
    filters: readonly HeldFilter[],
    unanswered: readonly HeldFilter[] = [],
  ): Promise<void> {
    const { inbox, requester, subscriptions } = this.#context;
    const unheld = filters.filter((held) => this.#letGo(held, stream));
    inbox.remove(stream.queue, (message) => this.#routes.heirOf(message));
    const wanted = unheld
      .filter((held) => unanswered.includes(held) || subscriptions().has(held.filter))
      .map(({ filter }) => filter);
    if (wanted.length === 0) return;
    const unsubscribing = requester.unsubscribe(wanted);
    if (!this.#context.isOnline()) {
      unsubscribing.catch(() => undefined); // the session has forgotten the filters, and tells the server when it can
      return;
    }
    try {
      await unsubscribing;
    } catch (error) {
      // The connection is gone, and with it what there was to unsubscribe from.
      if (!(error instanceof ConnectionLostError || error instanceof ClosedError)) throw error;
    }
  }

  /** One subscription serves all who hold its filter, so they must want the same of it; the highest QoS will do for all. */
  #checkAgreement(request: SubscriptionRequest): void {
    const held = this.#routes.get(request.filter);
    if (!held) return;
    for (const option of ['noLocal', 'retainAsPublished'] as const) {
      if (held.request[option] === request[option]) continue;
      throw new InvalidPacketError(
        `"${request.filter}" is held by a stream with ${option} ${held.request[option]}, and MQTT has one subscription for a filter: ask for the same, or use another connection.`,
      );
    }
  }
}

function requestsOf(filters: Filters): SubscriptionRequest[] {
  const requests = new Map<string, SubscriptionRequest>();
  for (const wanted of listOf(filters)) {
    const request = subscriptionRequest(wanted);
    const wrong = validateTopicFilter(request.filter);
    if (wrong !== undefined) throw new InvalidPacketError(wrong);
    const twice = requests.get(request.filter);
    requests.set(request.filter, twice ? agreed(twice, request) : request);
  }
  if (requests.size === 0) throw new InvalidPacketError('At least one filter is needed.');
  return [...requests.values()];
}

/** All answers, or the first error once all of them are there. */
async function allSettled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
