import type { ServerLimits } from '../../session/server-limits.js';
import type { Clock } from '../../time/clock.js';
import type { Route } from '../routes/route.js';
import type { ConnectionOptions } from './app.js';

/** Has the broker deliver again what is not acknowledged. Whoever asks while another one waits shares its reconnect, at the earlier of the two times. */
export class Redelivery {
  readonly #clock: Clock;
  readonly #reconnect: () => void;
  #dueAt = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => undefined;

  constructor(clock: Clock, reconnect: () => void) {
    this.#clock = clock;
    this.#reconnect = reconnect;
  }

  /** In `after` milliseconds at the latest. */
  ask(after: number): void {
    const dueAt = this.#clock.now() + after;
    if (dueAt >= this.#dueAt) return;
    this.cancel();
    this.#dueAt = dueAt;
    this.#cancelTimer = this.#clock.setTimer(after, () => {
      this.cancel();
      this.#reconnect();
    });
  }

  /** Nothing is to be asked for any more: the connection is gone, or none is wanted. */
  cancel(): void {
    this.#cancelTimer();
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}

type Asking = Pick<Route, 'name' | 'qos' | 'errors'>;

/** Why the broker could not deliver again what these routes leave to it, a sentence each. */
export function redeliveryFindings(
  routes: readonly Asking[],
  { clientId, reconnect, protocol, cleanStart, sessionExpiryInterval }: Partial<ConnectionOptions>,
): string[] {
  const asking = namesOfAsking(routes);
  if (asking === undefined) return [];
  const findings: string[] = [];
  const needs = (what: string) => findings.push(`${asking} ${what}`);
  if (!clientId)
    needs('needs a session to come back to, so a name for it. Write connection: { url, clientId }.');
  if (protocol !== 4 && sessionExpiryInterval === 0)
    needs('needs a session that outlives the connection. Leave sessionExpiryInterval: 0 out.');
  if (protocol === 4 && cleanStart)
    needs(
      'needs a session that outlives the connection, which cleanStart forbids on MQTT 3.1.1. Leave it out.',
    );
  if (reconnect === false) needs('connects again, which reconnect: false forbids. Leave it out.');
  return findings;
}

/** The same, once the broker has said what becomes of the session. */
export function sessionFindings(
  routes: readonly Asking[],
  { sessionExpiryInterval }: Pick<ServerLimits, 'sessionExpiryInterval'>,
): string[] {
  const asking = namesOfAsking(routes);
  if (asking === undefined || sessionExpiryInterval > 0) return [];
  return [`${asking} needs a session that outlives the connection; the broker ends it with the connection.`];
}

/** The beginning of a sentence about the routes that ask for redelivery; at QoS 0 there is none. */
function namesOfAsking(routes: readonly Asking[]): string | undefined {
  const [first, ...others] = routes.filter(
    ({ qos, errors }) => qos > 0 && errors.some(({ last }) => last.does === 'redeliver'),
  );
  if (!first) return undefined;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `${first.name}${more}: redeliver()`;
}
