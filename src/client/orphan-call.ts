import type { PublishPacket } from '../packets/packet.js';
import type { PublishRequest } from '../session/publish-request.js';
import type { StoredOutbound } from '../session/session-store.js';

/** A publish of an earlier process, which the session goes on with: nobody waits for its answer. */
export class OrphanCall implements PublishRequest {
  readonly packet: PublishPacket;
  wasResent = true;

  constructor({ packetId, topic, payload, qos, retain, properties }: StoredOutbound) {
    this.packet = { type: 'publish', packetId, topic, payload, qos, retain, duplicate: false };
    if (Object.keys(properties).length > 0) this.packet.properties = properties;
  }

  settle(): void {}
}
