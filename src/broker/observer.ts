import type { Packet } from '../packets/packet.js';
import type { Connection } from './state/connection.js';
import type { Message } from './state/message.js';

/** Sees all that goes over the broker's connections, in order. It must not keep the payloads of others' messages for ever. */
export interface BrokerObserver {
  /** A packet, after it was decoded and before it is acted on, or as it is written. */
  packet(connection: Connection, direction: 'in' | 'out', packet: Packet): void;
  /** An application message that the broker took over: of a client, a will, or the host's own; each once. */
  message(message: Message): void;
  /**
   * The connection ended: by the client (or the network, then perhaps with its error), or by the broker. `connection.ending`
   * says why, where there was a reason.
   */
  closed(connection: Connection, by: 'client' | 'broker', error?: Error): void;
  /** A listener could not take a connection, such as for want of file descriptors (`EMFILE`); it goes on. Default: a warning of the process. */
  listenerFailed?(url: string, error: Error): void;
}
