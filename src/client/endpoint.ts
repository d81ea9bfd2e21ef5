import type { Transport } from '../transports/transport.js';

/** Where the broker is: an address that starts with `mqtt://`, or a function that opens a byte stream to it. */
export type Endpoint =
  | string
  | URL
  | {
      /** `attempt` counts from 1. Gives up and rejects when `signal` aborts. */
      readonly connect: (options: { signal: AbortSignal; attempt: number }) => Promise<Transport>;
    };
