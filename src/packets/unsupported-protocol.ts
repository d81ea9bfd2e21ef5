import { ProtocolError } from './errors.js';
import type { ConnackPacket, ProtocolVersion } from './packet.js';
import type { ReasonCode } from './reason-codes.js';

/**
 * The peer speaks another version of MQTT. A server finds in `answer` the CONNACK that the client understands; a client
 * gets this error, without an answer, when a server replies to MQTT 5 as one of MQTT 3.1.1 does.
 */
export class UnsupportedProtocolError extends ProtocolError {
  readonly answer: { readonly packet: ConnackPacket; readonly protocolVersion: ProtocolVersion } | undefined;

  constructor(reasonCode: ReasonCode, message: string, answer?: UnsupportedProtocolError['answer']) {
    super(reasonCode, message);
    this.answer = answer;
  }
}
