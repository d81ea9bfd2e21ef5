import type { ServerLimits } from '../../session/server-limits.js';
import type { Route } from '../routes/route.js';
import type { Subscribing } from '../routes/route-group.js';

/** What the routes ask for and this connection can't give, a sentence each. */
export function missingCapabilities(routes: readonly Subscribing[], server: Offered): string[] {
  return routes.flatMap((route) => [...tooOld(route, server), ...notOffered(route, server)]);
}

type Offered = Pick<ServerLimits, 'protocolVersion' | 'maximumQoS' | 'wildcards' | 'shared'>;

/** A sentence about the routes whose replies reach nobody on this connection, or none. */
export function unanswerable(
  routes: readonly Pick<Route, 'name' | 'contract'>[],
  { protocolVersion }: Pick<ServerLimits, 'protocolVersion'>,
): string[] {
  const [first, ...others] = routes.filter(({ contract }) => contract.spec.reply !== undefined);
  if (protocolVersion === 5 || !first) return [];
  const all = others.length > 0 ? `${first.name} and ${others.length} more` : first.name;
  return [
    `${all}: the topic has a reply, but MQTT 3.1.1 has no response topic, so nobody gets one. Connect with MQTT 5, or publish the answer on a topic of its own.`,
  ];
}

function tooOld(route: Subscribing, { protocolVersion }: Offered): string[] {
  if (protocolVersion === 5) return [];
  const asked = [
    ...(route.retained === 'send' ? [] : [`retained: '${route.retained}'`]),
    ...(route.noLocal ? ['noLocal'] : []),
    ...(route.retainAsPublished ? ['retainAsPublished'] : []),
  ];
  return asked.map(
    (option) =>
      `${route.name} uses ${option}, which MQTT 3.1.1 does not have. Connect with protocol 5, or leave it out.`,
  );
}

function notOffered({ name, filters, share, qos }: Subscribing, server: Offered): string[] {
  const findings: string[] = [];
  if (qos > server.maximumQoS)
    findings.push(`${name} asks for QoS ${qos}; the broker's maximum is ${server.maximumQoS}.`);
  // A broker for MQTT 3.1.1 can't say whether it has shared subscriptions; its SUBACK will.
  if (share !== undefined && server.protocolVersion === 5 && !server.shared) {
    findings.push(`${name} uses share: '${share}'; the broker has no shared subscriptions.`);
  }
  const wild = filters.find((filter) => /[+#]/.test(filter));
  if (wild !== undefined && !server.wildcards) {
    findings.push(`${name} subscribes to ${JSON.stringify(wild)}; the broker has no wildcard subscriptions.`);
  }
  return findings;
}
