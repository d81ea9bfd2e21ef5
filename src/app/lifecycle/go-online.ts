import type { Client } from '../../client/client.js';
import { connect } from '../../client/connect.js';
import { attemptsOf, dispatchMessages, reconnect } from '../../client/dispatch.js';
import type { ConnectionWatch } from '../../client/dispatcher.js';
import type { ClientOptions } from '../../client/options.js';
import { RESPONSES, responseTopicUnder } from '../../client/request-reply.js';
import type { Clock, Random } from '../../time/clock.js';
import { systemRandom } from '../../time/system-clock.js';
import { refuseIfAny } from '../boot-error.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { DeadLetterTopics } from '../policies/dead-letter-topics.js';
import type { AppPublisher } from '../publishing/publisher.js';
import type { Route } from '../routes/route.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { missingCapabilities, unanswerable } from './capabilities.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { ConnectionInfo } from './hooks.js';
import { LiveSubscriptions } from './live-subscriptions.js';
import { Redelivery, sessionFindings } from './redelivery.js';
import type { Startup } from './startup.js';

/** An application's connection, with every route subscribed. */
export interface Online {
  readonly client: Client;
  readonly pipeline: Pipeline;
  readonly subscriptions: LiveSubscriptions;
  /** Of the first connection. */
  readonly connection: ConnectionInfo;
  /** From now on messages stay with the client, unacknowledged. */
  readonly stopDispatch: () => void;
  /** Whether the broker keeps the session when the application leaves. */
  readonly sessionStays: () => boolean;
}

export interface GoOnlineOptions extends ConnectionSettings {
  readonly startup: Startup;
  readonly routes: readonly Route[];
  readonly overlap: 'all' | 'most-specific' | undefined;
  readonly unrouted: 'ack' | 'log' | 'reject' | undefined;
  readonly prefix: TopicPrefix;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly publisher: AppPublisher;
  readonly container: DependencyContainer;
  readonly watch: ConnectionWatch;
  /** There is another connection. */
  readonly reconnected: (connection: ConnectionInfo) => void;
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
  const { routes, overlap = 'all', unrouted = 'log', prefix, logger, clock, publisher, startup } = options;
  const { server, sessionPresent } = await client.connected();
  const connection: ConnectionInfo = { sessionPresent, attempt: attemptsOf(client) };
  refuseIfAny([...missingCapabilities(routes, server), ...sessionFindings(routes, server)]);
  for (const warning of unanswerable(routes, server)) logger.warn({}, warning);
  const { subscriptionIdentifiers: identifiers } = server;
  const { random = systemRandom } = options.settings;
  const deadLetters = new DeadLetterTopics({
    prefix: prefix.text,
    protocolVersion: server.protocolVersion,
    named: deadLetterTopicsOf(routes).map((topic) => prefix.add(topic)),
  });
  const subscriptions = new LiveSubscriptions({
    client,
    identifiers,
    routes,
    overlap,
    prefix,
    deadLetters,
    logger,
  });
  const redelivery = new Redelivery(clock, () =>
    reconnect(client, 'a failure policy has messages delivered again'),
  );
  const pipeline = new Pipeline({
    table: subscriptions.table,
    routes,
    prefix,
    deadLetters,
    unrouted,
    clock,
    logger,
    protocolVersion: server.protocolVersion,
    clientId: client.clientId,
    container: options.container,
    random,
    publish: async (outgoing, route) => void (await publisher.send(outgoing, route.publishMiddleware)),
    publishDeadLetter: async ({ properties, qos, ...raw }, { publishMiddleware: middleware }) => {
      // Where the broker has no more, nothing better can be done.
      const possible = server.maximumQoS < qos ? server.maximumQoS : qos;
      // MQTT 3.1.1 has no properties: there the story of a dead letter is in the log only.
      const told = server.protocolVersion === 5 ? properties : {};
      await publisher.sendBytes(
        { ...raw, qos: possible, retain: false, properties: told },
        { kind: 'dead-letter', middleware },
      );
    },
    publishReply: async (raw, { publishMiddleware: middleware }) =>
      void (await publisher.sendBytes({ ...raw, retain: false }, { kind: 'reply', middleware })),
    redeliver: (after) => redelivery.ask(after),
    stop: options.stop,
  });
  publisher.use(client, server.protocolVersion, responseTopicOf(options, server.responseInfo, random));
  // A resumed session delivers at once: before the first SUBSCRIBE.
  const endDispatch = dispatchMessages(client, (message) => pipeline.receive(message), {
    ...options.watch,
    lost(disconnection) {
      redelivery.cancel(); // whatever waits for it comes with the next connection
      options.watch.lost?.(disconnection);
    },
    regained(sessionPresent) {
      options.watch.regained?.(sessionPresent);
      options.reconnected({ sessionPresent, attempt: attemptsOf(client) });
    },
  });
  const stopDispatch = () => {
    redelivery.cancel();
    endDispatch();
  };
  const unanswered = new Set<string>();
  startup.waitsFor(() => `the broker's answer to SUBSCRIBE (${listed(unanswered)})`);
  try {
    await subscriptions.start(unanswered);
  } catch (error) {
    stopDispatch();
    pipeline.abandon(new Error('The application could not start and does not wait for its handlers.'));
    throw error;
  }
  logger.info({ routes: routes.length, subscriptions: subscriptions.count, sessionPresent }, 'Subscribed.');
  return {
    client,
    pipeline,
    subscriptions,
    connection,
    stopDispatch,
    sessionStays: () => sessionStays(client, options.settings),
  };
}

/** Where a prefix is, the application may have no rights elsewhere; what the broker says goes before. Undefined: the client's own. */
function responseTopicOf(
  { prefix, settings: { clientId } }: GoOnlineOptions,
  told: string | undefined,
  random: Random,
): string | undefined {
  if (prefix.text === '' || told !== undefined) return undefined;
  return responseTopicUnder(`${prefix.text}${RESPONSES}`, clientId || undefined, random);
}

/** Those that the policies of routes name. */
function deadLetterTopicsOf(routes: readonly Route[]): string[] {
  return routes.flatMap(({ errors }) =>
    errors.flatMap(({ last }) => (last.does === 'dead-letter' && typeof last.to === 'string' ? last.to : [])),
  );
}

/** The client ends the session of a client identifier that nobody knows. */
function sessionStays({ state }: Client, { clientId }: Pick<ClientOptions, 'clientId'>): boolean {
  return Boolean(clientId) && state.state === 'connected' && state.server.sessionExpiryInterval > 0;
}

/** Some of many, quoted. */
function listed(filters: ReadonlySet<string>): string {
  const [...all] = filters;
  const some = all.slice(0, 3).map((filter) => JSON.stringify(filter));
  return [...some, ...(all.length > 3 ? [`${all.length - 3} more`] : [])].join(', ');
}
