import type { AnyMessage } from '../../contracts/index.js';
import { type Duration, parseDuration } from '../../time/duration.js';
import { type DedupeStore, MemoryDedupeStore } from './dedupe-store.js';
import type { Middleware, MiddlewareContext, Outcome } from './middleware.js';

/** Handles a message once, however often it is delivered. */
export interface Dedupe {
  /** What two deliveries of the same message have in common; undefined: this one is always handled. What it throws is a failure of the message. */
  key: (message: AnyMessage) => string | undefined;
  /** For how long a key is remembered after the message was handled. */
  window: Duration;
  /** Default: a `MemoryDedupeStore` of its own, for each application. */
  store?: DedupeStore;
}

/** What one application remembers. */
interface Memory {
  readonly store: DedupeStore;
  /** What becomes of the messages that are being handled, by their keys. */
  readonly underWay: Map<string, Promise<Outcome>>;
}

const known: Outcome = { status: 'acked', attempts: 0, duplicate: true };

/**
 * Acknowledges a message whose key the route has handled within the window, without handling it again; the route counts it among its `duplicates`. A key is noted once its message was handled, and not where it was
 * dead-lettered, rejected or dropped. Of two with one key that are handled at once, the second waits for the first. A store that can't say whether it knows a key fails the message, which goes through its policy;
 * one that can't note a key is logged, and the next delivery is handled. A request that is known is not answered a second time. Other processes know of it only through a store that they share.
 */
export function dedupe(options: Dedupe): Middleware {
  const [wrong] = dedupeFindings('dedupe()', options);
  if (wrong !== undefined) throw new TypeError(wrong);
  const { key, window } = options;
  const ttlMs = parseDuration(window);
  // An application and its copies in tests have the middleware in common, but not their messages.
  const memories = new WeakMap<object, Memory>();
  const memoryOf = ({ container }: MiddlewareContext): Memory => {
    const memory = memories.get(container);
    if (memory) return memory;
    const fresh: Memory = { store: options.store ?? new MemoryDedupeStore(), underWay: new Map() };
    memories.set(container, fresh);
    return fresh;
  };

  async function handle(
    scoped: string,
    next: () => Promise<Outcome>,
    { clock, logger, route }: MiddlewareContext,
    store: DedupeStore,
  ): Promise<Outcome> {
    if (await store.has(scoped, clock.now())) return known;
    const outcome = await next();
    if (outcome.status !== 'acked') return outcome;
    try {
      await store.add(scoped, ttlMs, clock.now());
    } catch (error) {
      logger.error(
        { route, key: scoped, error },
        'A message was handled, but its key could not be noted: if it is delivered again, it is handled again.',
      );
    }
    return outcome;
  }

  return async function dedupe(message, next, context) {
    const own: unknown = key(message);
    if (own === undefined) return next();
    if (typeof own !== 'string')
      throw new TypeError(
        `${context.route}: the key of dedupe is of type ${typeof own}. Return a string, or undefined for a message that is always handled.`,
      );
    // Whatever both are made of, the first slash is between them.
    const scoped = `${encodeURIComponent(context.route)}/${own}`;
    const { store, underWay } = memoryOf(context);
    for (let other = underWay.get(scoped); other; other = underWay.get(scoped)) {
      const outcome = await other.catch(() => undefined); // its own message fails with it
      if (outcome?.status === 'acked') return known;
    }
    const handling = handle(scoped, next, context, store);
    underWay.set(scoped, handling);
    try {
      return await handling;
    } finally {
      underWay.delete(scoped);
    }
  };
}

/** What types refuse as well; for JavaScript, and for durations that come from elsewhere. A sentence each; `where` is how they begin. */
export function dedupeFindings(where: string, options: unknown): string[] {
  if (typeof options !== 'object' || options === null)
    return [`${where} is of type ${typeof options}. Write { key, window }.`];
  const { key, window, store } = options as Partial<Dedupe>;
  const findings: string[] = [];
  if (typeof key !== 'function') findings.push(`${where}: key is of type ${typeof key}. Write a function.`);
  if (window === undefined) findings.push(`${where}: window is missing. Write for how long, such as '10m'.`);
  else
    try {
      parseDuration(window);
    } catch (error) {
      findings.push(`${where}: window: ${(error as RangeError).message}`); // all that parseDuration throws
    }
  if (store !== undefined && (typeof store?.has !== 'function' || typeof store.add !== 'function'))
    findings.push(`${where}: store has no has() and add(). Write a DedupeStore, or leave it out.`);
  return findings;
}
