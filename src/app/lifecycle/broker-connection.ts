import { type Disconnection, describeDisconnection } from '../../session/disconnection.js';
import { connectionOf } from './app.js';
import type { Application } from './application.js';
import type { Booted } from './boot.js';
import { ConnectionNews } from './connection-news.js';
import { connectionSettings } from './connection-settings.js';
import { type GoOnlineOptions, goOnline, type Online } from './go-online.js';
import type { Startup } from './startup.js';

/** The connection of an application to its broker: how it comes about, and what its loss means. */
export class BrokerConnection {
  readonly #app: Application;
  readonly #news: ConnectionNews;
  readonly #lost = new AbortController();
  /** Aborted, with a sentence as its reason, when it is lost for good. */
  readonly lost: AbortSignal = this.#lost.signal;
  #connecting: Promise<Online> | undefined;
  #online: Online | undefined;

  constructor(app: Application) {
    this.#app = app;
    this.#news = new ConnectionNews(app);
  }

  /** From the first attempt on. */
  get connecting(): Promise<Online> | undefined {
    return this.#connecting;
  }

  /** Once every route is subscribed. */
  get online(): Online | undefined {
    return this.#online;
  }

  /** Before the hooks that come before it. */
  announce({ routes }: Booted): void {
    this.#news.starting(routes, connectionOf(this.#app.options));
  }

  async connect(
    { routes, will }: Booted,
    startup: Startup,
    events: Pick<GoOnlineOptions, 'reconnected' | 'stop'>,
  ): Promise<Online> {
    const { clock, logger, publisher, prefix, options, container } = this.#app;
    this.#connecting = goOnline({
      ...connectionSettings(options, { clock, logger, startup, routes, will }),
      startup,
      routes,
      overlap: options.overlap,
      unrouted: options.unrouted,
      prefix,
      logger,
      clock,
      publisher,
      container,
      watch: this.#news.watch((disconnection) => this.#gone(disconnection)),
      ...events,
    });
    this.#online = await this.#connecting;
    return this.#online;
  }

  /** The application runs: what was lost while it started is told now. */
  running({ client }: Online): void {
    if (client.state.state === 'closed') this.#gone(client.state.last);
  }

  #gone(disconnection: Disconnection): void {
    // Before, the start fails with the reason; afterwards, it is what was wanted.
    if (!this.#app.isRunning) return;
    const { client, pipeline } = this.#online!; // it runs
    if (client.state.state !== 'closed') {
      this.#news.lost(disconnection, pipeline.open);
      return;
    }
    this.#news.lostForGood(disconnection, pipeline.open);
    this.#lost.abort(describeDisconnection(disconnection));
  }
}
