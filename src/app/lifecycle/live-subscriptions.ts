import type { Client } from '../../client/client.js';
import type { Logger } from '../logger.js';
import type { DeadLetterTopics } from '../policies/dead-letter-topics.js';
import { commit, placeRoutes, rebinding, rebound } from '../routes/rebinding.js';
import type { Route } from '../routes/route.js';
import type { RouteGroup } from '../routes/route-group.js';
import { RouteTable } from '../routes/route-table.js';
import { SubscriptionIdentifiers } from '../routes/subscription-identifiers.js';
import { planSubscriptions, type SubscriptionPlan, sameOptions } from '../routes/subscription-plan.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { subscribeAll, unsubscribeAll, unsubscribeFrom } from './subscribe.js';

/** Unsubscribed filters whose messages, still on their way, find their routes: the latest ones. */
const RETIRED_FILTERS = 1_000;

type Group = RouteGroup<Route>;

export interface LiveSubscriptionsOptions {
  readonly client: Client;
  /** Whether this connection has subscription identifiers. */
  readonly identifiers: boolean;
  readonly routes: readonly Route[];
  readonly overlap: 'all' | 'most-specific';
  readonly prefix: TopicPrefix;
  readonly deadLetters: DeadLetterTopics;
  readonly logger: Logger;
}

/** What the routes of a connection are subscribed to, as `app.bind` changes it. */
export class LiveSubscriptions {
  readonly table: RouteTable<Route>;
  readonly #options: LiveSubscriptionsOptions;
  readonly #identifiers = new SubscriptionIdentifiers();
  /** By topic filter: what the broker has, or was asked for. */
  readonly #subscribed = new Map<string, Group>();
  readonly #retired = new Map<string, Group>();
  /** What the last plan was warned of: an overlap that goes and comes back is told again. */
  #warned: ReadonlySet<string> = new Set();
  #groups: readonly Group[];
  /** One change after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LiveSubscriptionsOptions) {
    const { routes, overlap, prefix, deadLetters, logger } = options;
    this.#options = options;
    this.#groups = placeRoutes(routes, overlap, [], { identifiers: this.#identifiers }); // the boot had the findings
    this.table = new RouteTable({ overlap, prefix, deadLetters, onStale: warnOnce(logger) });
    this.table.show(this.#groups);
  }

  /** Every distinct filter. */
  get groups(): readonly Group[] {
    return this.#groups;
  }

  /** How many subscriptions the broker was asked for. */
  get count(): number {
    return this.#subscribed.size;
  }

  /** Subscribes to everything and resolves after the last SUBACK. `unanswered` holds the filters that still wait for theirs. Throws a SubscriptionsRefusedError. */
  async start(unanswered: Set<string>): Promise<void> {
    const { routes, logger } = this.#options;
    for (const { name, filters } of routes) {
      if (filters.length > 0) continue;
      logger.warn(
        { route: name },
        'This route gets no messages: a parameter of its topic is bound to no value. Bind it with app.bind().',
      );
    }
    await this.#subscribe(this.#plan(this.#groups), unanswered);
  }

  /** See `App.bind`. */
  rebind(pattern: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const changed = this.#turn.then(() => this.#rebind(pattern, values));
    this.#turn = changed.catch(() => undefined); // whoever asked has the error
    return changed;
  }

  /** Resolves when the broker sends no more, or none is there, or the signal aborts. */
  unsubscribe(signal: AbortSignal): Promise<void> {
    const { client, logger } = this.#options;
    return unsubscribeAll(client, [...this.#subscribed.keys()], logger, signal);
  }

  async #rebind(pattern: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { routes, overlap } = this.#options;
    const next = rebinding(routes, pattern, values);
    const groups = rebound(routes, next, { overlap, identifiers: this.#identifiers });
    const before = this.#groups;
    const plan = this.#plan(groups);
    // The broker may send by a subscription before it answers for it.
    this.table.show([...missingIn(groups, before), ...groups], this.#retired.values());
    try {
      await this.#change(plan);
    } catch (error) {
      this.#retire(missingIn(before, groups), before);
      throw error;
    }
    commit(next);
    this.#groups = groups;
    try {
      await this.#keep(plan.subscribed);
    } finally {
      this.#retire(missingIn(groups, before), groups);
    }
  }

  /** Subscribes to what is new in a plan. If that fails, nothing of it stays. */
  async #change(plan: SubscriptionPlan<Route>): Promise<void> {
    const before = [...this.#subscribed.values()];
    try {
      await this.#subscribe(plan);
    } catch (error) {
      // Some may have been granted. Without a connection the client sees to it on the next one, for which nobody waits.
      if (this.#options.client.state.state !== 'closed')
        this.#keep(before).catch((mistake: unknown) => this.#notTakenBack(mistake));
      for (const group of before) this.#subscribed.set(group.topicFilter, group);
      throw error;
    }
  }

  async #subscribe({ subscribed }: SubscriptionPlan<Route>, unanswered?: Set<string>): Promise<void> {
    const { client, identifiers, logger } = this.#options;
    const wanted = subscribed.filter((group) => isNews(group, this.#subscribed.get(group.topicFilter)));
    for (const group of subscribed) this.#subscribed.set(group.topicFilter, group);
    for (const { filter, asked, granted } of await subscribeAll(client, wanted, identifiers, unanswered)) {
      logger.warn(
        { filter, asked, granted },
        'The broker granted a lower QoS than the routes ask for: it may lose their messages.',
      );
    }
  }

  /** Unsubscribes from all but these. */
  async #keep(kept: readonly Group[]): Promise<void> {
    const wanted = new Set(kept.map(({ topicFilter }) => topicFilter));
    const leaving = [...this.#subscribed].filter(([topicFilter]) => !wanted.has(topicFilter));
    for (const [topicFilter] of leaving) this.#subscribed.delete(topicFilter);
    try {
      await unsubscribeFrom(
        this.#options.client,
        leaving.map(([topicFilter]) => topicFilter),
      );
    } catch (error) {
      // The broker still has them: the next change, or the end, asks once more.
      for (const [topicFilter, group] of leaving) this.#subscribed.set(topicFilter, group);
      throw error;
    }
  }

  #notTakenBack(error: unknown): void {
    this.#options.logger.warn(
      { error },
      'What app.bind() had subscribed to before it failed could not be unsubscribed again.',
    );
  }

  /** Those that left are routed as long as their messages may come. */
  #retire(left: readonly Group[], live: readonly Group[]): void {
    for (const group of left) this.#retired.set(group.topicFilter, group);
    for (const { topicFilter } of live) this.#retired.delete(topicFilter);
    for (const topicFilter of this.#retired.keys()) {
      if (this.#retired.size <= RETIRED_FILTERS) break;
      this.#retired.delete(topicFilter);
      this.#identifiers.release(topicFilter);
    }
    this.table.show(live, this.#retired.values());
  }

  #plan(groups: readonly Group[]): SubscriptionPlan<Route> {
    const plan = planSubscriptions(groups, this.#options.identifiers);
    for (const warning of plan.warnings)
      if (!this.#warned.has(warning)) this.#options.logger.warn({}, warning);
    this.#warned = new Set(plan.warnings);
    return plan;
  }
}

/** Those of `others` whose filters the groups don't have. */
function missingIn(groups: readonly Group[], others: readonly Group[]): Group[] {
  const there = new Set(groups.map(({ topicFilter }) => topicFilter));
  return others.filter(({ topicFilter }) => !there.has(topicFilter));
}

/** Whether the broker has to be asked: a route that is new on a filter wants what is retained there. */
function isNews(group: Group, known: Group | undefined): boolean {
  if (!known || known.qos < group.qos || !sameOptions(known, group)) return true;
  if (group.retained !== 'send' || group.share !== undefined) return false;
  const before = new Set(known.routes);
  return group.routes.some((route) => !before.has(route));
}

function warnOnce(logger: Logger): () => void {
  let warned = false;
  return () => {
    if (warned) return;
    warned = true;
    logger.warn(
      {},
      'Messages come by a subscription that none of these routes made: an older deployment left it in the session. They are handled, but a handler whose own subscription matches them too runs twice. Unsubscribe the old filter under this clientId, or start once with { cleanStart: true }.',
    );
  };
}
