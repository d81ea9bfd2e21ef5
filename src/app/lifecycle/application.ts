import type { Client } from '../../client/client.js';
import type { AnyTopic } from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import { type Duration, parseDuration } from '../../time/duration.js';
import { systemClock } from '../../time/system-clock.js';
import { callSiteOf } from '../decorators/call-site.js';
import type { HandlerRecord } from '../decorators/topic.js';
import { Assembly } from '../injection/assembly.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import { createLineLogger, type Logger, sturdyLogger } from '../logger.js';
import { publishPartsOf } from '../middleware/middleware.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { AppPublisher, Publisher } from '../publishing/publisher.js';
import type { UnboundRoute } from '../routes/controller-routes.js';
import type { Handle } from '../routes/route.js';
import { type RouteInfo, routeInfos } from '../routes/route-info.js';
import { TopicPrefix } from '../routes/topic-prefix.js';
import { type App, type AppOptions, type ConnectionOptions, type DrainReport } from './app.js';
import { bindTopic } from './bind-topic.js';
import { type Booted, type BootOptions, boot, plan } from './boot.js';
import { BrokerConnection } from './broker-connection.js';
import { documentation } from './documentation.js';
import { type Drained, disposed, drain } from './drain.js';
import type { FunctionRoute } from './function-routes.js';
import type { Online } from './go-online.js';
import { type Health, healthOf } from './health.js';
import { LifeCycleHooks } from './hooks.js';
import { answer } from './http.js';
import { theOverseer } from './launches.js';
import type { LiveSubscriptions } from './live-subscriptions.js';
import { metricsText } from './metrics.js';
import { durationOf, isContainer } from './option-findings.js';
import { runApp } from './run.js';
import { Startup } from './startup.js';

/** An application on one broker, from its options to its last acknowledgement. */
export class Application implements App {
  readonly clock: Clock;
  readonly prefix: TopicPrefix;
  readonly publisher: AppPublisher;
  readonly #assembly: Assembly;
  readonly #functions: FunctionRoute[];
  #options: AppOptions;
  #logger: Logger;
  readonly #connection = new BrokerConnection(this);
  readonly #hooks = new LifeCycleHooks(this);
  readonly #onBooted: ((booted: Booted) => void) | undefined;
  readonly #stopAsked = new AbortController();
  /** Aborted as soon as somebody calls `stop()`: a start under way ends. */
  readonly stopAsked: AbortSignal = this.#stopAsked.signal;
  /** Aborted, with a sentence as its reason, when the connection is lost for good. */
  readonly lost: AbortSignal = this.#connection.lost;
  readonly #failed = new AbortController();
  /** Aborted, with a sentence as its reason, when a failure policy stops the application. */
  readonly failed: AbortSignal = this.#failed.signal;
  readonly #stopped = new AbortController();
  /** Aborted once the application has stopped. */
  readonly stopped: AbortSignal = this.#stopped.signal;
  #phase: 'new' | 'starting' | 'running' | 'stopping' | 'stopped' = 'new';
  #booted: Booted | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<DrainReport> | undefined;

  /** `onBooted` sees the routes before the first message can come. */
  constructor(
    options: AppOptions,
    functions: readonly FunctionRoute[] = [],
    onBooted?: (booted: Booted) => void,
  ) {
    this.#onBooted = onBooted;
    this.#options = options;
    this.prefix = new TopicPrefix(options.prefix);
    this.clock = options.clock ?? systemClock;
    const lines = createLineLogger({ clock: this.clock, write: (line) => process.stderr.write(line) });
    this.#logger = options.logger ? sturdyLogger(options.logger, lines) : lines;
    this.publisher = new AppPublisher(this, publishPartsOf(options.middleware));
    this.#functions = [...functions];
    this.#assembly = new Assembly({
      container: isContainer(options.container) ? options.container : undefined, // else the start fails
      builtIn: [{ provide: Publisher, useValue: this.publisher }],
      providers: Array.isArray(options.providers) ? options.providers : [],
      report: this.#reportLeft,
    });
    // A list that could not be loaded rejects start(), which may be called later.
    Promise.resolve(options.controllers).catch(() => undefined);
  }

  /** The same application, with other options and nothing shared. */
  with(options: Partial<AppOptions>, onBooted?: (booted: Booted) => void): Application {
    return new Application({ ...this.options, ...options }, this.#functions, onBooted);
  }

  /** Before the start, for an overseer: another connection, and another logger in place of the default one. */
  amend(connection: ConnectionOptions, lines?: Logger): void {
    this.#options = { ...this.#options, connection };
    if (lines && !this.#options.logger) this.#logger = lines;
  }

  get options(): AppOptions {
    return this.#options;
  }

  get logger(): Logger {
    return this.#logger;
  }

  get container(): DependencyContainer {
    return this.#assembly.container;
  }

  get client(): Client | undefined {
    return this.#connection.online?.client;
  }

  get pipeline(): Pipeline | undefined {
    return this.#connection.online?.pipeline;
  }

  get subscriptions(): LiveSubscriptions | undefined {
    return this.#connection.online?.subscriptions;
  }

  get isRunning(): boolean {
    return this.#phase === 'running';
  }

  /** Handlers and factories under way. Once the application has stopped, nobody waits for them. */
  get underWay(): number {
    return (this.pipeline?.open ?? 0) + this.#assembly.abandoned + this.#hooks.abandoned;
  }

  get booted(): Booted | undefined {
    return this.#booted;
  }

  readonly on = (
    topic: string | AnyTopic,
    handler: unknown,
    options: HandlerRecord['options'] = {},
  ): void => {
    if (this.#phase !== 'new')
      throw new Error(
        'app.on() was called after the start: routes are fixed then. Call it before app.start().',
      );
    // The interface's overloads checked that the handler takes the topic's messages.
    this.#functions.push({ topic, handler: handler as Handle, options, source: callSiteOf(this.on) });
  };

  start(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#phase !== 'new') {
      const sentence = `The application can't start: it is ${this.#phase}. Make a new one with createApp().`;
      return Promise.reject(new Error(sentence));
    }
    if (theOverseer()?.starts(this) === 'hold') return new Promise(() => undefined); // whoever holds it back ends the process
    this.#phase = 'starting';
    this.#starting = this.#start([this.#stopAsked.signal, ...(options.signal ? [options.signal] : [])]);
    return this.#starting;
  }

  stop(options: { timeout?: Duration } = {}): Promise<DrainReport> {
    if (this.#stopping) return this.#stopping;
    let timeout: number;
    try {
      timeout = parseDuration(options.timeout ?? durationOf(this.options.shutdown?.timeout ?? '10s'));
    } catch (error) {
      return Promise.reject(error);
    }
    this.#stopping = this.#stop(timeout);
    return this.#stopping;
  }

  run(): Promise<void> {
    return runApp(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  routes(): readonly RouteInfo[] {
    return routeInfos(this.#booted?.routes ?? []);
  }

  /** The routes as they will be; nothing starts. Rejects with the BootError of a start. */
  async plan(): Promise<readonly UnboundRoute[]> {
    const startup = new Startup({ clock: this.clock, timeout: undefined, signals: [this.stopAsked] });
    return plan(this.#written(startup));
  }

  readonly bind: App['bind'] = (topic: string | AnyTopic, values: Readonly<Record<string, unknown>>) =>
    bindTopic(topic, values, {
      routes: this.#booted?.routes,
      overlap: this.options.overlap,
      connecting: this.#connection.connecting,
      phase: this.#phase,
    });

  health(): Health {
    return healthOf({
      isRunning: this.isRunning,
      online: this.#connection.online,
      routes: this.#booted?.routes ?? [],
      oldestUnacked: durationOf(this.options.health?.oldestUnacked ?? '1m'),
    });
  }

  async metrics(): Promise<string> {
    return metricsText(this.health(), this.#booted?.routes ?? [], this.client?.stats());
  }

  readonly asyncapi = documentation(this);
  readonly fetch = (request: Request): Promise<Response> => answer(request, this);

  async #start(signals: readonly AbortSignal[]): Promise<void> {
    let online: Online;
    const startup = new Startup({ clock: this.clock, timeout: this.options.startup?.timeout, signals });
    try {
      const booted = await boot(this.#written(startup));
      this.#booted = booted;
      this.#onBooted?.(booted);
      theOverseer()?.booted?.(this, booted.routes);
      startup.signal.throwIfAborted();
      this.#connection.announce(booted);
      await this.#hooks.start(booted.instances, startup);
      online = await this.#connection.connect(booted, startup, {
        reconnected: (connection) => void this.#hooks.reconnected(connection), // it does not reject
        stop: (reason) => this.#fail(reason),
      });
      await this.#hooks.connected(online.connection, startup);
    } catch (error) {
      this.#phase = 'stopped';
      const { errors } = await this.#leave(0);
      errors.forEach(this.#reportLeft);
      throw error;
    } finally {
      startup.over();
    }
    this.#phase = 'running';
    theOverseer()?.running?.(this);
    this.#connection.running(online);
  }

  #written(startup: Startup): BootOptions {
    return { options: this.options, functions: this.#functions, assembly: this.#assembly, startup };
  }

  #fail(reason: string): void {
    if (this.#stopAsked.signal.aborted) return;
    this.#failed.abort(reason);
    this.#stopAsked.abort(new Error(reason)); // a start under way fails with it
    this.logger.error({}, reason);
    this.stop().catch((error) =>
      this.logger.error({ error }, 'When the application stopped, something could not be disposed of.'),
    );
  }

  readonly #reportLeft = (error: unknown): void =>
    this.logger.error({ error }, 'After a failed start, something could not be disposed of.');

  async #stop(timeout: number): Promise<DrainReport> {
    const { clock } = this;
    const began = clock.now();
    const wasStarting = this.#phase === 'starting';
    this.#stopAsked.abort(new Error('The application was stopped while it started.'));
    if (wasStarting) await this.#starting?.catch(() => undefined); // whoever started it has the error
    if (this.#phase === 'stopped') return { finished: 0, abandoned: 0, ms: 0 }; // the start failed, and left nothing
    this.#phase = 'stopping';
    const { finished, abandoned, errors } = await this.#leave(timeout);
    if (errors.length > 0)
      throw new AggregateError(
        errors,
        `While the application stopped, this failed: ${errors.map(String).join('; ')}`,
      );
    return { finished, abandoned, ms: Math.round(clock.now() - began) };
  }

  /** Leaves the broker, if it is there, and takes back what was built. */
  async #leave(timeout: number): Promise<Drained> {
    const { clock, logger } = this;
    const { unsubscribe } = this.options.shutdown ?? {};
    const deadline = clock.now() + timeout;
    const options = { timeout, unsubscribe, clock, logger, hooks: this.#hooks };
    const drained = await drain(this.#connection.online, options);
    this.#phase = 'stopped';
    this.#stopped.abort();
    return {
      ...drained,
      errors: [...drained.errors, ...(await disposed(this.#assembly, { clock, deadline }))],
    };
  }
}
