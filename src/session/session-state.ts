import type { ConnectPacket } from '../packets/packet.js';
import type { ServerLimits } from './server-limits.js';

/** Where the session stands with the server. */
export type SessionState =
  /** No connection. */
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly connect: ConnectPacket; readonly lastPacketId: number }
  /** The server has accepted, and has no session: what the store has of the old one is being replaced. */
  | { readonly phase: 'storing'; readonly limits: ServerLimits }
  | { readonly phase: 'connected'; readonly limits: ServerLimits; readonly sessionPresent: boolean }
  /** A DISCONNECT went or came: nothing is sent any more, and what still arrives means nothing. */
  | { readonly phase: 'leaving' };
