// MQTT control packets as plain data, one type each, in the words of the specification.
import type { ReasonCode } from './reason-codes.js';

export type ProtocolVersion = 4 | 5;
export type QoS = 0 | 1 | 2;
/** In the order of the wire; a name may repeat. MQTT 5.0, 1.5.7 and 3.1.2.11.8. */
export type UserProperties = ReadonlyArray<readonly [name: string, value: string]>;

/** What a publisher may say beside topic and payload. MQTT 5.0, 3.3.2.3; a will has the same. */
export interface PublishProperties {
  payloadFormat?: 'bytes' | 'utf8';
  /** Seconds. */
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  userProperties?: UserProperties;
}

export interface ConnectProperties {
  /** Seconds; 0xFFFFFFFF never expires. */
  sessionExpiryInterval?: number;
  receiveMaximum?: number;
  maximumPacketSize?: number;
  topicAliasMaximum?: number;
  requestResponseInformation?: boolean;
  requestProblemInformation?: boolean;
  userProperties?: UserProperties;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
}

export interface WillPacket {
  topic: string;
  payload: Uint8Array;
  qos: QoS;
  retain: boolean;
  properties?: PublishProperties & { /** Seconds. */ willDelayInterval?: number };
}

export interface ConnectPacket {
  type: 'connect';
  protocolVersion: ProtocolVersion;
  clientId: string;
  cleanStart: boolean;
  /** Seconds; 0 is off. */
  keepAlive: number;
  username?: string;
  password?: Uint8Array;
  will?: WillPacket;
  properties?: ConnectProperties;
}

export interface ConnackProperties {
  sessionExpiryInterval?: number;
  receiveMaximum?: number;
  maximumQoS?: 0 | 1;
  retainAvailable?: boolean;
  maximumPacketSize?: number;
  assignedClientIdentifier?: string;
  topicAliasMaximum?: number;
  reasonString?: string;
  userProperties?: UserProperties;
  wildcardSubscriptionAvailable?: boolean;
  subscriptionIdentifiersAvailable?: boolean;
  sharedSubscriptionAvailable?: boolean;
  serverKeepAlive?: number;
  responseInformation?: string;
  serverReference?: string;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
}

export interface ConnackPacket {
  type: 'connack';
  sessionPresent: boolean;
  /** On MQTT 3.1.1 the return code 0 to 5 of that version. */
  reasonCode: ReasonCode;
  properties?: ConnackProperties;
}

export interface PublishPacket {
  type: 'publish';
  topic: string;
  payload: Uint8Array;
  qos: QoS;
  retain: boolean;
  duplicate: boolean;
  /** 1 to 65,535 at QoS 1 and 2, absent at QoS 0. */
  packetId?: number;
  properties?: PublishProperties & { topicAlias?: number; subscriptionIdentifiers?: readonly number[] };
}

export interface AckProperties {
  reasonString?: string;
  userProperties?: UserProperties;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP: the four acknowledgements of a PUBLISH. */
export interface AckPacket<
  T extends 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
> {
  type: T;
  packetId: number;
  /** 0 on MQTT 3.1.1, which has none. */
  reasonCode: ReasonCode;
  properties?: AckProperties;
}
export type PubackPacket = AckPacket<'puback'>;
export type PubrecPacket = AckPacket<'pubrec'>;
export type PubrelPacket = AckPacket<'pubrel'>;
export type PubcompPacket = AckPacket<'pubcomp'>;

/** One filter of a SUBSCRIBE with its subscription options. MQTT 5.0, 3.8.3.1. */
export interface SubscriptionRequest {
  filter: string;
  maximumQoS: QoS;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 'send' | 'send-if-new' | 'never';
}

export interface SubscribePacket {
  type: 'subscribe';
  packetId: number;
  subscriptions: readonly SubscriptionRequest[];
  properties?: { subscriptionIdentifier?: number; userProperties?: UserProperties };
}

export interface SubackPacket {
  type: 'suback';
  packetId: number;
  /** One for each filter of the SUBSCRIBE, in its order. */
  reasonCodes: readonly ReasonCode[];
  properties?: AckProperties;
}

export interface UnsubscribePacket {
  type: 'unsubscribe';
  packetId: number;
  filters: readonly string[];
  properties?: { userProperties?: UserProperties };
}

export interface UnsubackPacket {
  type: 'unsuback';
  packetId: number;
  /** One for each filter of the UNSUBSCRIBE; empty on MQTT 3.1.1, which has none. */
  reasonCodes: readonly ReasonCode[];
  properties?: AckProperties;
}

export interface PingreqPacket {
  type: 'pingreq';
}
export interface PingrespPacket {
  type: 'pingresp';
}

export interface DisconnectPacket {
  type: 'disconnect';
  reasonCode: ReasonCode;
  properties?: {
    sessionExpiryInterval?: number;
    reasonString?: string;
    userProperties?: UserProperties;
    serverReference?: string;
  };
}

export interface AuthPacket {
  type: 'auth';
  reasonCode: ReasonCode;
  properties?: {
    authenticationMethod?: string;
    authenticationData?: Uint8Array;
    reasonString?: string;
    userProperties?: UserProperties;
  };
}

export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;
export type PacketType = Packet['type'];
