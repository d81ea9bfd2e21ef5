import type { ReasonCode } from '../packets/reason-codes.js';

/** Why a connection is gone, and who ended it. */
export type Disconnection =
  | {
      readonly by: 'server';
      readonly packet: 'disconnect' | 'connack';
      readonly reasonCode: ReasonCode;
      readonly reasonString?: string;
      readonly serverReference?: string;
    }
  | { readonly by: 'network'; readonly cause: Error }
  /** `close()`, a keep-alive without an answer, or a mistake of the server that this client found: then `cause` says which. */
  | { readonly by: 'client'; readonly reasonCode: ReasonCode; readonly cause?: Error };
