import type { ConnectPacket } from '../packets/packet.js';
import type { ServerLimits } from './server-limits.js';
import { SessionKnowledge } from './session-knowledge.js';

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

/** Where it stands, how often it got there, and what is known of the server's session. */
export class Standing {
  state: SessionState = { phase: 'idle' };
  /** Counts connections from 1; 0 before the first. */
  connectionId = 0;
  readonly knowledge = new SessionKnowledge();

  /** Undefined without a connection. */
  get limits(): ServerLimits | undefined {
    return this.state.phase === 'connected' ? this.state.limits : undefined;
  }

  /** Nothing is sent any more. */
  leave(): void {
    if (this.state.phase === 'connecting') this.knowledge.unanswered();
    this.state = { phase: 'leaving' };
  }
}
