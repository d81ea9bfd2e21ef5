import type { Clock } from '../../time/clock.js';
import { orAborted } from '../../time/or-aborted.js';
import type { Assembly } from '../injection/assembly.js';
import type { Logger } from '../logger.js';
import type { DrainReport } from './app.js';
import type { Online } from './go-online.js';
import { type LifeCycleHooks, MOMENT } from './hooks.js';

export interface DrainOptions {
  /** Milliseconds for all of it: for the handlers, the hooks, and what was published and is not acknowledged yet. */
  readonly timeout: number;
  /** Undefined: only where the session ends with the connection. */
  readonly unsubscribe: boolean | undefined;
  readonly hooks: LifeCycleHooks;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Drained extends Omit<DrainReport, 'ms'> {
  /** Of the hooks. */
  readonly errors: readonly unknown[];
}

/** Takes no more messages, waits for the handlers and for what they published, lets the hooks say their goodbyes, and says its own to the broker. Without a connection there are the hooks alone. */
export async function drain(online: Online | undefined, options: DrainOptions): Promise<Drained> {
  const { timeout, hooks, clock } = options;
  const late = new AbortController();
  // On a virtual clock even 0 milliseconds pass only when somebody moves it.
  if (timeout === 0) late.abort();
  const cancel = clock.setTimer(timeout, () => late.abort());
  const deadline = clock.now() + timeout;
  const counts = online ? await finishHandlers(online, late.signal, options) : { finished: 0, abandoned: 0 };
  await hooks.stop(deadline);
  await online?.client.disconnect({ signal: late.signal });
  cancel();
  return { ...counts, errors: await hooks.stopped() };
}

async function finishHandlers(
  { pipeline, subscriptions, stopDispatch, sessionStays }: Online,
  late: AbortSignal,
  options: DrainOptions,
): Promise<{ finished: number; abandoned: number }> {
  const { logger } = options;
  const before = pipeline.finished;
  // First, and still handling: in a session that ends, what came until then would be lost.
  if (options.unsubscribe ?? !sessionStays()) await subscriptions.unsubscribe(late);
  stopDispatch();
  await orAborted(pipeline.idle(), late).catch(() => undefined); // too late: what is still open is counted below
  const finished = pipeline.finished - before;
  const abandoned = pipeline.open;
  if (abandoned > 0)
    logger.warn(
      { abandoned },
      'Stopped without waiting any longer for handlers. Their messages stay unacknowledged.',
    );
  pipeline.abandon(new Error('The application has stopped and no longer waits for its handlers.'));
  return { finished, abandoned };
}

/** Takes back what was built, and says what failed. From `deadline` on, but for each part never before a moment has passed, it waits no longer. */
export async function disposed(
  assembly: Assembly,
  { clock, deadline }: { clock: Clock; deadline: number },
): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  // Before the singletons, what messages built on them.
  for (const part of [assembly.scopes.close.bind(assembly.scopes), assembly.dispose.bind(assembly)]) {
    const late = new AbortController();
    const cancel = clock.setTimer(Math.max(MOMENT, deadline - clock.now()), () => late.abort());
    try {
      await part(late.signal);
    } catch (error) {
      errors.push(...(error as AggregateError).errors); // which is all that they throw
    } finally {
      cancel();
    }
  }
  return errors;
}
