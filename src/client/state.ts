import type { Disconnection } from '../session/disconnection.js';
import type { ServerLimits } from '../session/server-limits.js';

/** Where a client stands. `closed` is final. */
export type ConnectionState =
  | {
      readonly state: 'connecting' /** From 1, anew after each connection that lasted. */;
      readonly attempt: number;
    }
  | {
      readonly state: 'connected';
      /** Counts this client's connections, from 1. */
      readonly connectionId: number;
      /** The server kept a session of an earlier connection and goes on with it. */
      readonly sessionPresent: boolean;
      readonly server: ServerLimits;
    }
  | {
      readonly state: 'waiting';
      /** When the next attempt begins, in milliseconds of the client's clock. */
      readonly retryAt: number;
      /** Why there is no connection. */
      readonly last: Disconnection;
    }
  | { readonly state: 'closed'; readonly last: Disconnection };
