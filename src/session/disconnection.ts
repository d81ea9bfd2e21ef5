import type { DisconnectPacket, UserProperties } from '../packets/packet.js';
import { type ReasonCode, reasonCodeName } from '../packets/reason-codes.js';

/** Why a connection is gone, and who ended it. */
export type Disconnection =
  | {
      readonly by: 'server';
      readonly packet: 'disconnect' | 'connack';
      readonly reasonCode: ReasonCode;
      readonly reasonString?: string;
      readonly serverReference?: string;
      readonly userProperties?: UserProperties;
    }
  | { readonly by: 'network'; readonly cause: Error }
  /** `close()`; or a keep-alive without an answer, a mistake of the server that this client found, the wish for another connection: then `cause` says which. */
  | { readonly by: 'client'; readonly reasonCode: ReasonCode; readonly cause?: Error };

/** What the server's DISCONNECT says. */
export function endedBy({ reasonCode, properties }: DisconnectPacket): Disconnection {
  const { reasonString, serverReference, userProperties } = properties ?? {};
  return {
    by: 'server',
    packet: 'disconnect',
    reasonCode,
    ...(reasonString !== undefined && { reasonString }),
    ...(serverReference !== undefined && { serverReference }),
    ...(userProperties !== undefined && { userProperties }),
  };
}

/** The reason as the end of a sentence: "The connection was lost: ...". Without a full stop. */
export function describeDisconnection(disconnection: Disconnection): string {
  switch (disconnection.by) {
    case 'server': {
      const { packet, reasonCode, reasonString } = disconnection;
      return `the server sent ${packet.toUpperCase()} (${reasonCodeName(reasonCode, packet)}${reasonString ? `: ${reasonString}` : ''})`;
    }
    case 'network':
      return withoutStop(disconnection.cause.message);
    case 'client':
      return disconnection.cause ? withoutStop(disconnection.cause.message) : 'the client was closed';
  }
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
