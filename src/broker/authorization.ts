import type { QoS } from '../packets/packet.js';

/** What a client asks leave for. */
export type AuthorizationRequest = PublishAuthorization | SubscribeAuthorization;

interface Requester {
  clientId: string;
  /** Of its CONNECT. */
  username: string | undefined;
}

/** A PUBLISH, or the will of a CONNECT. */
export interface PublishAuthorization extends Requester {
  action: 'publish' | 'will';
  topic: string;
  qos: QoS;
  retain: boolean;
}

/** One filter of a SUBSCRIBE. */
export interface SubscribeAuthorization extends Requester {
  action: 'subscribe';
  /** As the client wrote it, `$share/<name>/` included. */
  filter: string;
  /** The highest QoS that it asks for. */
  maximumQoS: QoS;
}
