import type { Packet } from '../packets/packet.js';
import { connackFrom } from './connack.js';
import type { Effects } from './effects.js';
import type { Exchange } from './exchange.js';
import type { Receivers } from './hand-packet.js';
import type { PacketIds } from './packet-ids.js';
import { openedWith } from './send-window.js';
import { type ServerLimits, serverLimits } from './server-limits.js';
import type { Knowledge } from './session-knowledge.js';
import type { SessionState, Standing } from './session-state.js';
import type { SessionSettings } from './settings.js';
import { type Storage, StoreError } from './storage.js';

export interface HandshakeParts extends Receivers {
  readonly ids: PacketIds<Exchange>;
  readonly storage: Storage;
}

type Connecting = Extract<SessionState, { phase: 'connecting' }>;

/** What comes between CONNECT and the first request: the server's answer, and what becomes of the session by it. */
export class Handshake {
  readonly #settings: SessionSettings;
  readonly #effects: Effects;
  readonly #parts: HandshakeParts;
  readonly #standing: Standing;

  constructor(settings: SessionSettings, effects: Effects, parts: HandshakeParts, standing: Standing) {
    this.#settings = settings;
    this.#effects = effects;
    this.#parts = parts;
    this.#standing = standing;
  }

  /** Throws a ProtocolError for what is no answer to CONNECT. */
  receive(packet: Packet, { connect, lastPacketId }: Connecting, now: number): void {
    const { authentication, storage } = this.#parts;
    const standing = this.#standing;
    if (packet.type === 'auth') {
      authentication.auth(packet);
      return;
    }
    const connack = connackFrom(packet, connect);
    if (connack.reasonCode !== 0) {
      standing.state = { phase: 'leaving' }; // it was answered
      this.#effects.refused(connack);
      return;
    }
    authentication.accepted(connack);
    const limits = serverLimits(connect, connack);
    // Where the one before said so and it could not be put away, the session that is there now is the new, empty one.
    const isLost = !connack.sessionPresent || standing.knowledge.current === 'lost';
    if (!isLost || !storage.isDurable) {
      this.#connected(limits, !isLost, lastPacketId, now);
      return;
    }
    standing.knowledge.lost();
    const storing: SessionState = { phase: 'storing', limits };
    standing.state = storing;
    this.#effects.hold(true);
    // Were a message of the new session taken before, or a publish given up, a process that dies would leave a store that says the opposite.
    storage.write({ put: 'session', ...this.#remains() }, (failure) => {
      if (standing.state !== storing) return; // the connection is gone: the next one begins with it
      if (failure) {
        this.#effects.storeFailed(new StoreError('That the session is lost could not be stored', failure));
        return;
      }
      this.#connected(limits, false, lastPacketId, now);
      this.#effects.hold(false);
    });
  }

  #connected(limits: ServerLimits, sessionPresent: boolean, lastPacketId: number, now: number): void {
    const { inbound, outbound, subscriptions, storage, ids } = this.#parts;
    const standing = this.#standing;
    const knowledge = standing.knowledge.current;
    standing.knowledge.agreed();
    standing.connectionId++;
    const connected: SessionState = { phase: 'connected', limits, sessionPresent };
    standing.state = connected;
    if (sessionPresent) this.#takeUp(knowledge, lastPacketId);
    else inbound.forget(); // before anybody is told, so that what is stale can be put away
    this.#effects.connected(limits, sessionPresent);
    if (!sessionPresent) {
      outbound.sessionLost();
      subscriptions.sessionLost();
    }
    storage.keep({ put: 'client', clientId: limits.clientId, lastPacketId: ids.last });
    // It may have ended again in the meantime: whoever was told of it may have closed it, and writing can fail.
    if (standing.state === connected) subscriptions.opened(limits);
    if (standing.state !== connected) return;
    outbound.opened(openedWith(limits, this.#settings, this.#effects, now));
  }

  #takeUp(knowledge: Knowledge, lastPacketId: number): void {
    if (knowledge === 'strange') this.#parts.ids.continueAfter(lastPacketId);
    if (knowledge !== 'doubtful') return;
    this.#parts.inbound.doubt();
    this.#parts.subscriptions.doubt();
  }

  /** What goes on where the server has lost the session. */
  #remains() {
    return { outbound: this.#parts.outbound.remains(), subscriptions: this.#parts.subscriptions.remains() };
  }
}
