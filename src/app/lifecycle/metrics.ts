// The text format of Prometheus, version 0.0.4. Labels say the pattern, never the topic: their number is that of the routes.
import type { ClientStats } from '../../client/stats.js';
import type { RouteCounts } from '../pipeline/reports.js';
import type { Route } from '../routes/route.js';
import type { Health } from './health.js';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

const ofRoutes: Readonly<Record<keyof RouteCounts, readonly [name: string, help: string]>> = {
  inFlight: ['topicwise_route_in_flight', 'Messages that are handled or wait for it.'],
  handled: ['topicwise_route_handled_total', 'Messages handled.'],
  failed: ['topicwise_route_failed_total', 'Messages not handled, whatever became of them.'],
  invalid: ['topicwise_route_invalid_total', 'Messages that did not fit the contract.'],
  retried: ['topicwise_route_retried_total', 'Attempts that failed and were followed by another one.'],
  deadLettered: ['topicwise_route_dead_lettered_total', 'Messages that failed and were dead-lettered.'],
  dropped: ['topicwise_route_dropped_total', 'QoS 0 messages given up because too many waited.'],
  conflated: ['topicwise_route_conflated_total', 'QoS 0 messages replaced by a newer one while they waited.'],
  duplicates: ['topicwise_route_duplicates_total', 'Messages that were handled when they came before.'],
};

/** The figures of `health()` and of the client. */
export function metricsText(
  health: Health,
  routes: readonly Route[],
  stats: ClientStats | undefined,
): string {
  // The keys of the table are those of the counts.
  const perRoute = (Object.keys(ofRoutes) as (keyof RouteCounts)[]).map((count) => {
    const [name, help] = ofRoutes[count];
    return metric(name, help, samples(routes, health, count));
  });
  return [
    ...perRoute,
    metric('topicwise_live', 'Whether the application runs.', [{ value: Number(health.live) }]),
    metric('topicwise_ready', 'Whether it is connected and keeps up.', [{ value: Number(health.ready) }]),
    metric('topicwise_connected', 'Whether there is a connection to the broker.', [
      { value: Number(health.connection === 'connected') },
    ]),
    metric('topicwise_reconnects_total', 'Connections after the first.', [{ value: stats?.reconnects ?? 0 }]),
    metric('topicwise_lag', 'Messages that came and are not handled yet.', [{ value: health.lag }]),
    metric('topicwise_oldest_unacked_seconds', 'Age of the oldest unacknowledged message.', [
      { value: health.oldestUnackedMs / 1_000 },
    ]),
    metric('topicwise_publishes_in_flight', 'Publishes that the broker has not acknowledged.', [
      { value: stats?.inFlightOut ?? 0 },
    ]),
    metric('topicwise_requests_waiting', 'Requests of the application that wait for their reply.', [
      { value: stats?.waitingRequests ?? 0 },
    ]),
    metric('topicwise_late_replies_total', 'Replies that no request waited for any more.', [
      { value: stats?.lateReplies ?? 0 },
    ]),
    metric('topicwise_received_bytes_total', 'Bytes from the broker.', [{ value: stats?.bytesIn ?? 0 }]),
    metric('topicwise_sent_bytes_total', 'Bytes to the broker.', [{ value: stats?.bytesOut ?? 0 }]),
  ].join('');
}

function samples(routes: readonly Route[], health: Health, count: keyof RouteCounts): Sample[] {
  return routes.map(({ name, contract }) => ({
    labels: { route: name, pattern: contract.pattern },
    value: health.routes[name]?.[count] ?? 0,
  }));
}

/** A counter by its name: they end in `_total`. */
function metric(name: string, help: string, samples: readonly Sample[]): string {
  const type = name.endsWith('_total') ? 'counter' : 'gauge';
  const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => escapes[character] ?? character);
}
