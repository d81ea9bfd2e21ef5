import type { ConnackPacket, ConnectPacket, QoS, UserProperties } from '../packets/packet.js';

/** What the server granted and what it forbids, with the defaults of MQTT 5.0, 3.2.2.3 filled in; MQTT 3.1.1 forbids nothing. */
export interface ServerLimits {
  /** What this connection speaks: 5 is MQTT 5.0, 4 is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** The client identifier in use: the server's choice where this client sent an empty one. */
  readonly clientId: string;
  /** Seconds, 0 is off. The server's word wins over the option. */
  readonly keepAlive: number;
  /** QoS 1 and 2 publishes that may be unacknowledged at once. */
  readonly receiveMaximum: number;
  readonly maximumQoS: QoS;
  /** Bytes of a whole packet. */
  readonly maximumPacketSize: number;
  readonly retain: boolean;
  readonly wildcards: boolean;
  readonly subscriptionIdentifiers: boolean;
  readonly shared: boolean;
  readonly topicAliasMaximum: number;
  /** Seconds; 0xFFFFFFFF never expires. */
  readonly sessionExpiryInterval: number;
  /** From which response topics are to be made, if `requestResponseInfo` asked for it. */
  readonly responseInfo?: string;
  /** What the server has to say to people who read logs. */
  readonly reasonString?: string;
  readonly userProperties?: UserProperties;
}

export function serverLimits(connect: ConnectPacket, connack: ConnackPacket): ServerLimits {
  const said = connack.properties ?? {};
  const version5 = connect.protocolVersion === 5;
  return {
    protocolVersion: connect.protocolVersion,
    clientId: said.assignedClientIdentifier ?? connect.clientId,
    keepAlive: said.serverKeepAlive ?? connect.keepAlive,
    receiveMaximum: said.receiveMaximum ?? 65_535,
    maximumQoS: said.maximumQoS ?? 2,
    maximumPacketSize: said.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    retain: said.retainAvailable ?? true,
    wildcards: said.wildcardSubscriptionAvailable ?? true,
    subscriptionIdentifiers: version5 && (said.subscriptionIdentifiersAvailable ?? true),
    shared: said.sharedSubscriptionAvailable ?? true,
    topicAliasMaximum: said.topicAliasMaximum ?? 0,
    sessionExpiryInterval:
      said.sessionExpiryInterval ??
      connect.properties?.sessionExpiryInterval ??
      (version5 || connect.cleanStart ? 0 : 0xffff_ffff),
    ...(said.responseInformation !== undefined && { responseInfo: said.responseInformation }),
    ...(said.reasonString !== undefined && { reasonString: said.reasonString }),
    ...(said.userProperties !== undefined && { userProperties: said.userProperties }),
  };
}
