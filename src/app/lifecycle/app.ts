import type { ApplicationInfo, AsyncApiDocument } from '../../asyncapi/index.js';
import type { Endpoint } from '../../client/endpoint.js';
import type { ClientOptions, Will } from '../../client/options.js';
import type { AnyTopic, ParamsOut, TopicDef, TopicMessage } from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import type { Duration } from '../../time/duration.js';
import type { ParamName, ValidPattern } from '../../topics/index.js';
import type { Awaitable } from '../awaitable.js';
import type { Returned } from '../decorators/handler-form.js';
import type { SendingOptions } from '../decorators/topic.js';
import type { Provider } from '../injection/provider.js';
import type { Class } from '../injection/token.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import type { Middleware } from '../middleware/middleware.js';
import type { Concurrency } from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';
import type { ContractWill } from '../publishing/contract-will.js';
import type { Publisher } from '../publishing/publisher.js';
import type { BoundTo } from '../routes/binding.js';
import type { RouteInfo } from '../routes/route-info.js';
import type { Health } from './health.js';

/** Where the broker is, and everything that the client takes but its clock, which is the application's. */
export interface ConnectionOptions extends Omit<ClientOptions, 'clock' | 'will'> {
  /** One, or several of one cluster: they are tried in turn. */
  url: Endpoint | readonly Endpoint[];
  /**
   * What the broker publishes when the application goes without a word: a message of a contract, `status.message({ id }, { on: false })`, which is checked and encoded at the start, or a plain one of the
   * client. `stop()` says goodbye, so there the application publishes its last word itself.
   */
  will?: ContractWill | Will;
}

/** What an application is made of. */
export interface AppOptions {
  /** One broker; an application that talks to two is two applications in one process. */
  connection: string | URL | ConnectionOptions;
  /** A list, or what `discover()` returns. Beside it count those that `container` has under the token `Controllers`. */
  controllers?: readonly Class[] | Promise<readonly Class[]>;
  /**
   * A container of yours: what is registered there is resolved from it. Any other class is built once per application, in a
   * child container of its own; without this option what tsyringe's global container knows about a class is not asked.
   */
  container?: DependencyContainer;
  /** What is injected beside the controllers' own classes. The last provider of a token wins. */
  providers?: readonly Provider[];
  /**
   * Put before every filter and published topic of the application's contracts but those that start with `$`: `'site-a/'` or `'site-a'`, the slash is added. Dead letters go to
   * `<prefix>/dead-letter/<topic>`, replies to its own requests come below the prefix too unless the broker names the place. `message.topic` has it; patterns and parameters do not. Default: none.
   */
  prefix?: string;
  /**
   * Narrows named wildcards of every topic when subscribing: `{ site: 'ams1' }`, or several values, a subscription for each. The parameter is delivered all the same. A value is one whole
   * level (for a `#rest`: whole levels); no value at all means no messages until {@link App.bind}. Default: every wildcard as it is.
   */
  bind?: Readonly<Record<string, BoundTo>>;
  /** Around every handler, the first outermost; a handler's own come inside. */
  middleware?: readonly Middleware[];
  /** Rules for failures; asked after those of handlers and controllers, before the default. */
  errors?: ErrorPolicy;
  /** For every route, where handler and controller say nothing. */
  concurrency?: Concurrency;
  /**
   * `all`: a message goes to every route that matches. `most-specific`: to the most specific one only, level by level a literal before `+` before `#`. Two routes that can match the same topic, neither of them narrower at each
   * level (`a/+` and `+/b`), are an error at start then. Default 'all'.
   */
  overlap?: 'all' | 'most-specific';
  /** What becomes of a message that no route matches, which an older session can bring: acknowledged (`ack`), with a line in the log (`log`), or refused with one (`reject`, 0x80; MQTT 3.1.1 acknowledges). Default 'log'. */
  unrouted?: 'ack' | 'log' | 'reject';
  /** How the application starts. */
  startup?: {
    /**
     * How long `start()` may take, everything included; then it rejects with a `StartTimeoutError` that says what it was waiting for. 0: no limit. Default 0: only the attempt to connect has a limit then,
     * `connection.connectTimeout`.
     */
    timeout?: Duration;
    /**
     * Whether `start()` tries again while the broker can't be reached, after the waits of `connection.reconnect`, until the timeout; what the broker refuses for good, such as wrong credentials, ends it at once. Default false.
     */
    retry?: boolean;
  };
  /** For every route whose handler and controller name no `share` of their own. */
  share?: string;
  /** How it stops. */
  shutdown?: {
    /** How long `stop()` waits for handlers, publishes, hooks and disposals, of which the last two have a second in any case. Default 10 s. */
    timeout?: Duration;
    /** At which `run()` stops. Default SIGINT and SIGTERM. */
    signals?: readonly NodeJS.Signals[];
    /** Whether `stop()` unsubscribes, before it waits for the handlers. Default: only where the session ends with the connection; one that stays collects messages until the next start. */
    unsubscribe?: boolean;
  };
  /** When it is no longer well. */
  health?: {
    /** Beyond this age of the oldest unacknowledged message the application is not ready: a handler is stuck, or a route is paused. 0: no limit. Default '1m'. */
    oldestUnacked?: Duration;
  };
  /** What the AsyncAPI document says of the application as a whole. */
  info?: ApplicationInfo;
  /** Default: a readable line per report, on stderr. */
  logger?: Logger;
  /** The machine's by default. */
  clock?: Clock;
}

/** A set of routes on one broker. */
export interface App extends AsyncDisposable {
  /**
   * Builds the controllers, calls `onStart`, connects, checks what the broker can do against the routes, subscribes, calls `onConnect`. Resolves after every SUBACK and hook. Rejects with `BootError` (how
   * the application is written, a hook that failed), `ConnectError`, `SubscriptionsRefusedError` or `StartTimeoutError`, and leaves nothing behind.
   */
  start(): Promise<void>;
  /**
   * Takes no more messages, waits for the handlers (`timeout`, default as in the options), sends the acknowledgements, calls `onStop`, waits for what was published,
   * disconnects, disposes of what it built. A session that outlives the connection is not unsubscribed. A start under way ends first. Rejects with an
   * AggregateError of the hooks and disposals that failed or did not end in time, or a RangeError for a timeout that is none.
   */
  stop(options?: { timeout?: Duration }): Promise<DrainReport>;
  /**
   * `start`, then `stop` at a signal; a second signal ends the process at once. Resolves once it has stopped, whoever stopped it. Never rejects: what goes wrong
   * becomes one sentence on stderr and the exit code 1, a connection that is lost for good too.
   */
  run(): Promise<void>;
  /** The same as a controller's handler, for a function. Throws an Error once the application has started; what is wrong with its arguments, `start()` says. */
  on<Params, In, Out, ParamsIn, ReplyIn, ReplyOut, const Sends extends readonly AnyTopic[] = []>(
    topic: TopicDef<Params, In, Out, ParamsIn, ReplyIn, ReplyOut>,
    handler: (message: TopicMessage<Params, Out>) => Awaitable<Returned<Sends, ReplyIn>>,
    options?: SendingOptions<Sends>,
  ): void;
  on<const P extends string, const Sends extends readonly AnyTopic[] = []>(
    pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
    handler: (message: TopicMessage<ParamsOut<P, object>, Uint8Array>) => Awaitable<Returned<Sends>>,
    options?: SendingOptions<Sends>,
  ): void;
  /**
   * Narrows or widens the subscriptions of a topic's handlers at run time: `await app.bind(reading, { site: ['ams1', 'fra1'] })`. Parameters that it does not name stay as they are; `'+'` (of a `#rest`: `'#'`) is the
   * wildcard again, an empty list no subscription. What is new is subscribed to before what is gone is unsubscribed, so a message that fits both may be handled twice meanwhile; what is on its way by an
   * old subscription is still handled. From `onStart()` on. Resolves after SUBACK and UNSUBACK; waits for the connection where only the UNSUBACK is missing. Rejects with `TopicError` for a topic, parameter or value that can't
   * be bound, with `SubscriptionsRefusedError`, or as the client's `subscribe` does: then the old binding stays. Without subscription identifiers, retained messages below a wider subscription of the
   * application do not come again.
   */
  bind<Params, In, Out, ParamsIn, ReplyIn, ReplyOut>(
    topic: TopicDef<Params, In, Out, ParamsIn, ReplyIn, ReplyOut>,
    values: { readonly [Name in keyof Params]?: BoundTo },
  ): Promise<void>;
  bind<const P extends string>(
    pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
    values: { readonly [Name in ParamName<P>]?: BoundTo },
  ): Promise<void>;
  /** Publishes over the application's connection; rejects before it has started. */
  readonly publisher: Publisher;
  /** The application's own container, a child of the one in the options. */
  readonly container: DependencyContainer;
  /** Of controllers and functions, to look at; empty before the application has started. */
  routes(): readonly RouteInfo[];
  /**
   * The AsyncAPI 3.0 document of what the handlers receive and return. What a schema can't show of itself is left open, and logged once as a warning. Known once the application has started; before,
   * it throws an Error that says so.
   */
  asyncapi(): AsyncApiDocument;
  /** How it is at the moment. Costs little: ask as often as you like. */
  health(): Health;
  /** The counters of the routes and the state of the connection as text for Prometheus, labelled by route and pattern. */
  metrics(): Promise<string>;
  /**
   * Answers GET for `/healthz` and `/readyz` (200 or 503, with `health()` as JSON), `/metrics`, `/asyncapi.json` and `/docs`, under whatever path it is mounted: the last segment decides. Needs no `this`. Everything else is
   * 404, other methods 405. `/docs` is the AsyncAPI document as a page that loads nothing from elsewhere; it needs the package `@asyncapi/react-component`, and is 501 with a sentence without it.
   */
  fetch(request: Request): Promise<Response>;
}

/** What became of the messages that were under way when an application stopped. */
export interface DrainReport {
  /** Messages whose handlers finished while the application stopped. */
  readonly finished: number;
  /** Messages whose handlers were still running when it no longer waited; their messages stay unacknowledged. */
  readonly abandoned: number;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/** Everything that is said of the connection, where an address was enough too. */
export function connectionOf({ connection }: AppOptions): ConnectionOptions {
  return typeof connection === 'string' || connection instanceof URL ? { url: connection } : connection;
}
