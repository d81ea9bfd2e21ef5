import type { Client } from '../../client/client.js';
import type { TopicFilter } from '../../client/options.js';
import { reasonCodeName } from '../../packets/index.js';
import type { QoS } from '../../packets/packet.js';
import type { Logger } from '../logger.js';
import type { Route } from '../routes/route.js';
import type { RouteGroup, Subscribing } from '../routes/route-group.js';

/** Filters in one SUBSCRIBE, where they need no identifier each. */
const FILTERS_PER_PACKET = 100;

/** A filter that the broker did not grant. */
export interface RefusedSubscription {
  /** As it was asked for, `$share/` included. */
  readonly filter: string;
  /** Of SUBACK, 0x80 or above. MQTT 5.0, 3.9.3. */
  readonly reasonCode: number;
  /** The handlers that would have got its messages. */
  readonly handlers: readonly string[];
  /** Where each of them is written: `src/sensors.ts:12`, below the working directory; an empty text where the run time does not tell. */
  readonly sources: readonly string[];
}

/** The broker refused some of the application's subscriptions: `start()` rejects with it, the message is a table of them. */
export class SubscriptionsRefusedError extends Error {
  override readonly name = 'SubscriptionsRefusedError';
  readonly refused: readonly RefusedSubscription[];

  constructor(refused: readonly RefusedSubscription[], all: number) {
    super(`The broker refused ${refused.length} of ${all} subscriptions:\n${table(refused)}`);
    this.refused = refused;
  }
}

/** A subscription that the broker granted with less than was asked for. */
export interface Lowered {
  readonly filter: string;
  readonly asked: QoS;
  readonly granted: QoS;
}

/** Subscribes to all groups and resolves after the last SUBACK. `unanswered` holds the filters that still wait for theirs. Throws a SubscriptionsRefusedError. */
export async function subscribeAll<R extends Subscribing & Pick<Route, 'source'>>(
  client: Client,
  groups: readonly RouteGroup<R>[],
  identifiers: boolean,
  unanswered = new Set<string>(),
): Promise<readonly Lowered[]> {
  const packets = identifiers ? groups.map((group) => [group]) : chunks(groups, FILTERS_PER_PACKET);
  const answers = await Promise.all(
    packets.map(async (packet) => {
      const [first] = packet;
      const id = identifiers && first ? { id: first.identifier } : {};
      for (const { topicFilter } of packet) unanswered.add(topicFilter);
      const answer = await client.subscribe(packet.map(topicFilterOf), { ...id, partial: 'return' });
      for (const { topicFilter } of packet) unanswered.delete(topicFilter);
      return answer;
    }),
  );
  const granted = answers.flat();
  const refused = groups.flatMap((group, at) => {
    const { reasonCode = 0x80 } = granted[at] ?? {};
    if (reasonCode < 0x80) return [];
    const handlers = group.routes.map(({ name }) => name);
    const sources = group.routes.map(({ source }) => source() ?? '');
    return [{ filter: group.topicFilter, reasonCode, handlers, sources }];
  });
  if (refused.length > 0) throw new SubscriptionsRefusedError(refused, groups.length);
  return groups.flatMap(({ topicFilter, qos }, at) => {
    const got = granted[at]?.qos ?? qos;
    return got < qos ? [{ filter: topicFilter, asked: qos, granted: got }] : [];
  });
}

/** Resolves after the last UNSUBACK, or when the signal aborts; at once without a connection. What fails is logged: the application leaves all the same. */
export async function unsubscribeAll(
  client: Client,
  filters: readonly string[],
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (client.state.state !== 'connected') return;
  try {
    await unsubscribeFrom(client, filters, { signal });
  } catch (error) {
    if (!signal.aborted) logger.warn({ error }, 'The broker did not take back all subscriptions.');
  }
}

/** Resolves after the last UNSUBACK. Rejects as the client's `unsubscribe` does. */
export async function unsubscribeFrom(
  client: Client,
  filters: readonly string[],
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const packets = chunks(filters, FILTERS_PER_PACKET);
  await Promise.all(packets.map((packet) => client.unsubscribe(packet, options)));
}

function topicFilterOf<R>(group: RouteGroup<R>): TopicFilter {
  return {
    filter: group.topicFilter,
    maximumQoS: group.qos,
    noLocal: group.noLocal,
    retainAsPublished: group.retainAsPublished,
    retainHandling: group.retained,
  };
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  );
}

function table(refused: readonly RefusedSubscription[]): string {
  const rows = [
    ['filter', 'reason', 'handlers', 'written in'],
    ...refused.map(({ filter, reasonCode, handlers, sources }) => [
      filter,
      reason(reasonCode),
      handlers.join(', '),
      sources.filter((source) => source !== '').join(', '),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function reason(code: number): string {
  return `0x${code.toString(16).toUpperCase()} ${reasonCodeName(code)}`;
}
