import type { Client } from '../../client/client.js';
import { connect } from '../../client/connect.js';
import { dispatchMessages, reconnect } from '../../client/dispatch.js';
import type { ConnectionWatch } from '../../client/dispatcher.js';
import type { Endpoint } from '../../client/endpoint.js';
import type { ClientOptions } from '../../client/options.js';
import type { Clock } from '../../time/clock.js';
import { systemRandom } from '../../time/system-clock.js';
import { refuseIfAny } from '../boot-error.js';
import type { Logger } from '../logger.js';
import { Pipeline } from '../pipeline/pipeline.js';
import type { AppPublisher } from '../publishing/publisher.js';
import type { Route } from '../routes/route.js';
import { RouteTable } from '../routes/route-table.js';
import { planSubscriptions, type RouteGroup } from '../routes/subscription-plan.js';
import { missingCapabilities } from './capabilities.js';
import { Redelivery, sessionFindings } from './redelivery.js';
import { subscribeAll } from './subscribe.js';

/** An application's connection, with every route subscribed. */
export interface Online {
  readonly client: Client;
  readonly pipeline: Pipeline;
  /** From now on messages stay with the client, unacknowledged. */
  readonly stopDispatch: () => void;
}

export interface GoOnlineOptions {
  readonly url: Endpoint;
  /** Its signal ends the attempt at any point. */
  readonly settings: ClientOptions & { readonly signal: AbortSignal };
  readonly routes: readonly Route[];
  readonly groups: readonly RouteGroup<Route>[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly publisher: AppPublisher;
  readonly watch: ConnectionWatch;
  /** Stops the application, because a failure policy says so. */
  readonly stop: (reason: string) => void;
}

/** Connects, checks the broker against the routes, subscribes. Resolves after every SUBACK; leaves no connection behind if it rejects. */
export async function goOnline(options: GoOnlineOptions): Promise<Online> {
  const { signal } = options.settings;
  const client = await connect(options.url, options.settings);
  const giveUp = () => void client.close();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await subscribeRoutes(client, options);
  } catch (error) {
    await client.close();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function subscribeRoutes(client: Client, options: GoOnlineOptions): Promise<Online> {
  const { routes, groups, logger, clock, publisher } = options;
  const { server, sessionPresent } = await client.connected();
  refuseIfAny([...missingCapabilities(routes, server), ...sessionFindings(routes, server)]);
  const identifiers = server.subscriptionIdentifiers;
  const plan = planSubscriptions(groups, identifiers);
  for (const warning of plan.warnings) logger.warn({}, warning);
  const redelivery = new Redelivery(clock, () =>
    reconnect(client, 'a failure policy has messages delivered again'),
  );
  const pipeline = new Pipeline({
    table: new RouteTable(groups, warnOnce(logger)),
    routes,
    clock,
    logger,
    canReject: server.protocolVersion === 5,
    random: options.settings.random ?? systemRandom,
    publish: async (outgoing) => void (await publisher.send(outgoing)),
    publishDeadLetter: async ({ properties, ...raw }) => {
      // MQTT 3.1.1 has no properties: there the story of a dead letter is in the log only.
      await publisher.sendBytes({
        ...raw,
        retain: false,
        properties: server.protocolVersion === 5 ? properties : {},
      });
    },
    publishReply: async (raw) => void (await publisher.sendBytes({ ...raw, retain: false })),
    redeliver: (after) => redelivery.ask(after),
    stop: options.stop,
  });
  publisher.use(client, server.protocolVersion);
  // A resumed session delivers at once: before the first SUBSCRIBE.
  const endDispatch = dispatchMessages(client, (message) => pipeline.receive(message), {
    ...options.watch,
    lost(disconnection) {
      redelivery.cancel(); // whatever waits for it comes with the next connection
      options.watch.lost?.(disconnection);
    },
  });
  const stopDispatch = () => {
    redelivery.cancel();
    endDispatch();
  };
  try {
    for (const { filter, asked, granted } of await subscribeAll(client, plan.subscribed, identifiers)) {
      logger.warn(
        { filter, asked, granted },
        'The broker granted a lower QoS than the routes ask for: it may lose their messages.',
      );
    }
  } catch (error) {
    stopDispatch();
    pipeline.abandon(new Error('The application could not start and does not wait for its handlers.'));
    throw error;
  }
  logger.info(
    { routes: routes.length, subscriptions: plan.subscribed.length, sessionPresent },
    'Subscribed.',
  );
  return { client, pipeline, stopDispatch };
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
