import type { ConnackProperties, ConnectPacket } from '../../packets/packet.js';
import type { ReasonCode } from '../../packets/reason-codes.js';
import type { Connection } from './connection.js';
import type { Refusal } from './hook.js';
import { connectionEnded } from './leave.js';
import { reasonString } from './reason-string.js';
import type { Session } from './session.js';
import type { State } from './state.js';

/** Refuses a CONNECT and closes [MQTT-3.2.2-7]; MQTT 3.1.1 closes without a word where it has no return code. */
export function refuse(state: State, connection: Connection, { code, why }: Refusal, now: number): void {
  if (connection.version === 5) {
    const properties = { reasonString: reasonString(why) };
    connection.send({ type: 'connack', sessionPresent: false, reasonCode: code, properties });
  } else {
    const returnCode = RETURN_CODES.get(code);
    if (returnCode !== undefined) {
      connection.send({ type: 'connack', sessionPresent: false, reasonCode: returnCode });
    }
  }
  connection.close(why);
  connectionEnded(state, connection, 'discard will', now);
}

/** The return codes of MQTT 3.1.1, table 3.1, that say the same. */
export const RETURN_CODES = new Map<ReasonCode, ReasonCode>([
  [0x84, 1],
  [0x85, 2],
  [0x88, 3],
  [0x89, 3],
  [0x97, 3],
  [0x86, 4],
  [0x87, 5],
  [0x8a, 5],
]);

/** What differs from what a client assumes without a word. MQTT 5.0, 3.2.2.3. */
export function connackProperties(state: State, packet: ConnectPacket, session: Session): ConnackProperties {
  const { capabilities } = state.settings;
  const properties: ConnackProperties = { maximumPacketSize: capabilities.maximumPacketSize };
  if (capabilities.receiveMaximum < 65_535) properties.receiveMaximum = capabilities.receiveMaximum;
  if (session.expiryInterval !== (packet.properties?.sessionExpiryInterval ?? 0)) {
    properties.sessionExpiryInterval = session.expiryInterval;
  }
  if (capabilities.maximumQoS < 2) properties.maximumQoS = capabilities.maximumQoS === 0 ? 0 : 1;
  if (!capabilities.retain) properties.retainAvailable = false;
  if (packet.clientId === '') properties.assignedClientIdentifier = session.clientId;
  if (capabilities.topicAliasMaximum > 0) properties.topicAliasMaximum = capabilities.topicAliasMaximum;
  if (!capabilities.wildcards) properties.wildcardSubscriptionAvailable = false;
  if (!capabilities.subscriptionIdentifiers) properties.subscriptionIdentifiersAvailable = false;
  if (!capabilities.sharedSubscriptions) properties.sharedSubscriptionAvailable = false;
  if (capabilities.serverKeepAlive !== undefined) properties.serverKeepAlive = capabilities.serverKeepAlive;
  if (packet.properties?.requestResponseInformation && capabilities.responseInformation !== undefined) {
    properties.responseInformation = capabilities.responseInformation;
  }
  return properties;
}
