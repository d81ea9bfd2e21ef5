import type { PublishPacket } from '../packets/packet.js';
import { ClosedError, ConnectionLostError } from '../session/errors.js';
import type { PublishRequest } from '../session/publish-request.js';
import type { StoredOutbound } from '../session/session-store.js';
import type { FailedPublish } from './observers.js';

/** A publish of an earlier process, which the session goes on with: nobody waits for its answer, so `failed` is told if it is a bad one. */
export class OrphanCall implements PublishRequest {
  readonly packet: PublishPacket;
  wasResent = true;
  readonly #stored: StoredOutbound;
  readonly #failed: (publish: FailedPublish) => void;

  constructor(stored: StoredOutbound, failed: (publish: FailedPublish) => void) {
    const { packetId, topic, payload, qos, retain, properties } = stored;
    this.packet = { type: 'publish', packetId, topic, payload, qos, retain, duplicate: false };
    if (Object.keys(properties).length > 0) this.packet.properties = properties;
    this.#stored = stored;
    this.#failed = failed;
  }

  settle(outcome: unknown): void {
    if (!(outcome instanceof Error)) return;
    // No connection follows in this process: it stays stored for the next one.
    if (outcome instanceof ClosedError || outcome instanceof ConnectionLostError) return;
    const { topic, payload, qos, retain, properties, phase } = this.#stored;
    const left = phase === 'publish' ? payload : undefined;
    this.#failed({ topic, payload: left, qos, retain, properties, error: outcome });
  }
}
