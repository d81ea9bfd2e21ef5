import type { ConnectionOptions } from '../../app/lifecycle/app.js';
import { missingCapabilities, unanswerable } from '../../app/lifecycle/capabilities.js';
import type { UnboundRoute } from '../../app/routes/controller-routes.js';
import { routeInfos } from '../../app/routes/route-info.js';
import { ConnectError, connect, InvalidPacketError, type ServerLimits } from '../../client/index.js';
import { error, type Finding, ok, warn } from './finding.js';

const about = 'broker';
/** Milliseconds: somebody is waiting. */
const connectTimeout = 10_000;

/** Connects as an application would, under a client identifier of its own, and holds what the broker grants against the routes. */
export async function checkBroker(
  connection: ConnectionOptions,
  routes: readonly UnboundRoute[],
): Promise<Finding[]> {
  let server: ServerLimits;
  try {
    server = await askedFor(connection);
  } catch (thrown) {
    if (!(thrown instanceof ConnectError || thrown instanceof InvalidPacketError)) throw thrown;
    const mend = 'Start the broker, name another one with --url, or leave it out with --offline.';
    return [error(about, thrown.message, mend)];
  }
  return [ok(about, describe(server)), ...lacks(server, routes)];
}

/** The session of the application, its will and what it counts stay untouched. */
async function askedFor(connection: ConnectionOptions): Promise<ServerLimits> {
  const {
    url,
    clientId: _clientId,
    will: _will,
    sessionStore: _sessionStore,
    hooks: _hooks,
    sessionExpiryInterval: _sessionExpiryInterval,
    receiveMaximum: _receiveMaximum,
    ...given
  } = connection;
  const client = await connect(url, { connectTimeout, ...given, cleanStart: true, reconnect: false });
  const { server } = await client.connected();
  await client.close();
  return server;
}

function describe(server: ServerLimits): string {
  const { maximumPacketSize: size, receiveMaximum, topicAliasMaximum } = server;
  return [
    `it speaks MQTT ${server.protocolVersion === 5 ? '5.0' : '3.1.1'}`,
    `maximum QoS ${server.maximumQoS}`,
    ...features(server).map(([name, has]) => (has ? name : `no ${name}`)),
    `receive maximum ${receiveMaximum}`,
    size === Number.POSITIVE_INFINITY ? 'packets of any size' : `packets up to ${size} bytes`,
    `${topicAliasMaximum} topic aliases.`,
  ].join(', ');
}

function features(server: ServerLimits): readonly (readonly [name: string, has: boolean])[] {
  return [
    ['retained messages', server.retain],
    ['wildcard subscriptions', server.wildcards],
    // MQTT 3.1.1 has no word for it; a SUBACK tells.
    ...(server.protocolVersion === 5 ? ([['shared subscriptions', server.shared]] as const) : []),
    ['subscription identifiers', server.subscriptionIdentifiers],
  ];
}

function lacks(server: ServerLimits, routes: readonly UnboundRoute[]): Finding[] {
  const mend = 'Change the settings of the broker, or the routes.';
  const refusals = [...missingCapabilities(routes, server), ...unsendable(server, routes)];
  const overlaps = routeInfos(routes).filter((route) => route.overlaps.length > 0);
  return [
    ...refusals.map((sentence) => error(about, sentence, mend)),
    ...unanswerable(routes, server).map((sentence) => warn(about, sentence, 'Speak MQTT 5 with it.')),
    ...(server.subscriptionIdentifiers || overlaps.length === 0
      ? []
      : [
          warn(
            about,
            `without subscription identifiers, a message for several of ${overlaps.map(({ handler }) => handler).join(', ')} is told apart by its topic; where no filter covers the other it may come twice.`,
            'Speak MQTT 5 with a broker that has them, or write filters that do not overlap.',
          ),
        ]),
  ];
}

/** What handlers return that the broker does not take. */
function unsendable(server: ServerLimits, routes: readonly UnboundRoute[]): string[] {
  return routes.flatMap(({ name, sends }) =>
    sends.flatMap(({ pattern, spec }) => [
      ...(spec.retain && !server.retain
        ? [`${name} sends ${JSON.stringify(pattern)} retained; the broker keeps no retained messages.`]
        : []),
      ...(spec.qos > server.maximumQoS
        ? [
            `${name} sends ${JSON.stringify(pattern)} at QoS ${spec.qos}; the broker's maximum is ${server.maximumQoS}.`,
          ]
        : []),
    ]),
  );
}
