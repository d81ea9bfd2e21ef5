import type { ConnectOptions } from '../../client/connect.js';
import type { Endpoint } from '../../client/endpoint.js';
import type { Will } from '../../client/options.js';
import type { ConnectionState } from '../../client/state.js';
import { describeDisconnection } from '../../session/disconnection.js';
import type { Clock } from '../../time/clock.js';
import type { Logger } from '../logger.js';
import { receiveMaximumOf } from '../policies/concurrency.js';
import type { Route } from '../routes/route.js';
import { type AppOptions, connectionOf } from './app.js';
import type { Startup } from './startup.js';

export interface ConnectionSettings {
  readonly url: Endpoint | readonly Endpoint[];
  /** The signal ends the attempt at any point. */
  readonly settings: ConnectOptions & { readonly signal: AbortSignal };
}

/** The options of the connection with what an application adds to them: its clock, its way to start, lines in its log for attempts that fail. */
export function connectionSettings(
  options: AppOptions,
  {
    clock,
    logger,
    startup,
    routes,
    will,
  }: {
    clock: Clock;
    logger: Logger;
    startup: Startup;
    routes: readonly Route[];
    will: Will | undefined;
  },
): ConnectionSettings {
  const { url, will: _asWritten, ...given } = connectionOf(options);
  const { hooks, reconnect } = given;
  const stateChange = reportingAttempts(logger, startup);
  return {
    url,
    settings: {
      // Handlers are slower than brokers, and mosquitto overdraws: a default that ends the connection would redeliver for ever.
      ...(given.protocol !== 4 && { receiveMaximumExceeded: 'pause' }),
      ...given,
      ...(will && { will }),
      receiveMaximum: given.receiveMaximum ?? receiveMaximumOf(routes),
      ...(options.startup?.retry && {
        reconnect: { ...(typeof reconnect === 'object' && reconnect), initial: true },
      }),
      hooks: {
        ...hooks,
        stateChange(state) {
          stateChange(state);
          hooks?.stateChange?.(state);
        },
      },
      clock,
      signal: startup.signal,
    },
  };
}

/** Until the first connection. */
function reportingAttempts(logger: Logger, startup: Startup): (state: ConnectionState) => void {
  let hasConnected = false;
  startup.waitsFor(() => 'a connection to the broker');
  return (state) => {
    if (state.state === 'connected') hasConnected = true;
    if (hasConnected || state.state !== 'waiting') return;
    const reason = describeDisconnection(state.last);
    logger.warn({}, `The broker could not be reached: ${reason}. Trying again.`);
    startup.waitsFor(() => `a connection to the broker (last: ${reason})`);
  };
}
