import type { Clock } from '../../time/clock.js';
import { orAborted } from '../../time/or-aborted.js';
import { sleep } from '../../time/sleep.js';
import type { Awaitable } from '../awaitable.js';
import { BootError } from '../boot-error.js';
import type { Logger } from '../logger.js';
import type { App } from './app.js';
import type { Startup } from './startup.js';

/** A controller or a provider that has something to do before the application connects, such as opening a database. */
export interface OnStart {
  /**
   * Called once everything is built, before the connection: no message comes before it is done, and nothing can be published yet. One after the other, dependencies first. What it throws
   * fails the start with a `BootError`.
   */
  onStart(app: App): Awaitable<void>;
}

/** A controller or a provider that has something to say to the broker, or to fetch from it, on every connection. */
export interface OnConnect {
  /**
   * Called on every connection, the first included, behind the SUBSCRIBEs; messages may be handled already. `start()` waits for the first call, and fails with a `BootError` if it throws; what a later one throws is
   * logged.
   */
  onConnect(connection: ConnectionInfo): Awaitable<void>;
}

/** A controller or a provider that has something to do before the application leaves. */
export interface OnStop {
  /**
   * Called when the handlers are done, before the connection ends and before anything is disposed of: a goodbye can still be published. One after the other, dependencies last. What it throws, `stop()` rejects
   * with. After a start that failed it is called where `onStart` or `onConnect` had succeeded.
   */
  onStop(app: App): Awaitable<void>;
}

/** What is told of a connection that was made. */
export interface ConnectionInfo {
  /** The broker kept the session of an earlier connection. */
  readonly sessionPresent: boolean;
  /** How many attempts this connection took, from 1; a connection that did not last counts as one of them. */
  readonly attempt: number;
}

/** What was built for the application, and how it is called in sentences. */
export interface Instance {
  readonly name: string;
  readonly value: unknown;
}

type Hook = 'onStart' | 'onConnect' | 'onStop';

/** How long hooks and disposals may take in any case, in milliseconds, although handlers took all the time that there was. */
export const MOMENT = 1_000;

/** Calls the hooks of an application's instances. */
export class LifeCycleHooks {
  readonly #app: App & { readonly logger: Logger; readonly clock: Clock };
  /** In order of creation. */
  #instances: readonly Instance[] = [];
  /** Those with something to take back. */
  readonly #begun = new Set<Instance>();
  /** Counts connections: the hooks of an older one are called no longer. */
  #round = 0;
  readonly #stopping = new Map<Instance, Promise<void>>();
  readonly #failures: Error[] = [];
  #abandoned = 0;

  constructor(app: App & { readonly logger: Logger; readonly clock: Clock }) {
    this.#app = app;
  }

  /** Hooks under way that nobody waits for any more. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Throws a BootError for a hook that fails, or the reason of the start's end. */
  async start(instances: readonly Instance[], startup: Startup): Promise<void> {
    this.#instances = instances;
    for (const each of instances) await this.#callAtStart(each, 'onStart', this.#app, startup);
  }

  /** On the first connection. Throws as `start` does. */
  async connected(connection: ConnectionInfo, startup: Startup): Promise<void> {
    const round = ++this.#round;
    for (const each of this.#instances) {
      if (round !== this.#round) break; // another connection has followed, and tells them itself
      await this.#callAtStart(each, 'onConnect', connection, startup);
    }
    for (const each of this.#instances) this.#begun.add(each);
  }

  /** On every further connection. Never rejects. */
  async reconnected(connection: ConnectionInfo): Promise<void> {
    const round = ++this.#round;
    await Promise.resolve(); // the client is still at it: what hooks publish goes behind the subscriptions that it makes again
    for (const each of this.#instances) {
      if (round !== this.#round) return;
      try {
        await call(each, 'onConnect', connection);
      } catch (error) {
        this.#app.logger.error({ error }, `${each.name}.onConnect() failed: ${String(error)}`);
      }
    }
  }

  /** In reverse order of creation. From `deadline` on, but never before a moment has passed, it waits no longer; those that are left are called all the same. */
  async stop(deadline: number): Promise<void> {
    this.#round++;
    const late = new AbortController();
    const cancel = this.#app.clock.setTimer(Math.max(MOMENT, deadline - this.#app.clock.now()), () =>
      late.abort(),
    );
    const begun = this.#instances.filter((each) => this.#begun.has(each) && has(each, 'onStop'));
    for (const each of begun.reverse()) {
      await orAborted(this.#stop(each), late.signal).catch(() => undefined); // too late: `stopped` goes on waiting
    }
    cancel();
  }

  /** After the connection's end: what went wrong in `stop`. Waits another moment for what has not ended, which may have waited for the broker. */
  async stopped(): Promise<readonly Error[]> {
    if (this.#stopping.size > 0) {
      const over = new AbortController();
      const moment = sleep(this.#app.clock, MOMENT, over.signal).catch(() => undefined);
      await Promise.race([Promise.all(this.#stopping.values()), moment]);
      over.abort();
    }
    const late = [...this.#stopping].map(([{ name }, called]) => {
      this.#abandoned++;
      void called.then(() => this.#abandoned--);
      return new Error(`${name}.onStop() did not end in time.`);
    });
    return [...this.#failures, ...late];
  }

  async #callAtStart(
    instance: Instance,
    hook: Exclude<Hook, 'onStop'>,
    argument: App | ConnectionInfo,
    startup: Startup,
  ): Promise<void> {
    if (!has(instance, hook)) return;
    const sentence = `${instance.name}.${hook}()`;
    const { signal } = startup;
    startup.waitsFor(() => sentence);
    const called = call(instance, hook, argument);
    try {
      await orAborted(called, signal);
    } catch (error) {
      if (!signal.aborted) throw new BootError([`${sentence} failed: ${String(error)}`], { cause: error });
      this.#discard(called, sentence);
      throw signal.reason;
    }
    this.#begun.add(instance);
  }

  /** Nobody waits for it any more. */
  #discard(called: Promise<void>, sentence: string): void {
    this.#abandoned++;
    called
      .catch((error) =>
        this.#app.logger.error({ error }, `After a failed start, ${sentence} failed as well.`),
      )
      .finally(() => this.#abandoned--);
  }

  /** Never rejects. */
  async #stop(instance: Instance): Promise<void> {
    const called = call(instance, 'onStop', this.#app).catch((error: unknown) => {
      const sentence = `${instance.name}.onStop() failed: ${String(error)}`;
      this.#failures.push(new Error(sentence, { cause: error }));
    });
    this.#stopping.set(instance, called);
    await called;
    this.#stopping.delete(instance);
  }
}

function has({ value }: Instance, hook: Hook): boolean {
  // Looked up, not assumed: anything may have been built.
  return typeof (value as Partial<Record<Hook, unknown>> | null | undefined)?.[hook] === 'function';
}

/** A promise also where the hook throws at once; resolves at once where there is no such hook. */
async function call(instance: Instance, hook: Hook, argument: App | ConnectionInfo): Promise<void> {
  if (!has(instance, hook)) return;
  // It has the hook; whether it takes what it gets was checked by whoever wrote `implements`.
  await (instance.value as Record<Hook, (argument: App | ConnectionInfo) => unknown>)[hook](argument);
}
