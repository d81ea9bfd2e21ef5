// What a caller may put into the packets other than PUBLISH and its acknowledgements. Each check throws a sentence.
import { validateTopicFilter, validateTopicName } from '../topics/validate.js';
import { checkBinary, checkBoolean, checkInteger, checkString, describe, refuse } from './outgoing-checks.js';
import type {
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PacketType,
  ProtocolVersion,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
  WillPacket,
} from './packet.js';
import type { PropertyOwner } from './property-table.js';
import { measureProperties } from './property-writer.js';
import { isReasonCodeOf } from './reason-codes.js';

export function checkConnect(packet: ConnectPacket, version: ProtocolVersion): void {
  if (packet.protocolVersion !== version) {
    refuse(
      `CONNECT says protocolVersion ${describe(packet.protocolVersion)}, but the connection speaks ${version}.`,
    );
  }
  checkBoolean(packet.cleanStart, 'cleanStart of CONNECT');
  checkInteger(packet.keepAlive, 'keepAlive of CONNECT (seconds)', 0, 0xffff);
  const clientId = checkString(packet.clientId, 'The clientId of CONNECT');
  if (version === 4 && clientId === 0 && !packet.cleanStart) {
    refuse('CONNECT of MQTT 3.1.1 needs a clientId unless cleanStart is true [MQTT-3.1.3-7].');
  }
  checkProperties(packet.properties, 'connect', version);
  const { authenticationMethod, authenticationData } = packet.properties ?? {};
  if (authenticationData !== undefined && authenticationMethod === undefined) {
    refuse('CONNECT has authenticationData without authenticationMethod (3.1.2.11.10).');
  }
  if (packet.username !== undefined) checkString(packet.username, 'The username of CONNECT');
  if (packet.password !== undefined) {
    checkBinary(packet.password, 'The password of CONNECT');
    if (version === 4 && packet.username === undefined) {
      refuse('CONNECT of MQTT 3.1.1 has no password without a username [MQTT-3.1.2-22].');
    }
  }
  if (packet.will !== undefined) checkWill(packet.will, version);
}

function checkWill(will: WillPacket, version: ProtocolVersion): void {
  if (will === null || typeof will !== 'object') refuse(`The will must be an object, not ${describe(will)}.`);
  checkString(will.topic, 'The topic of the will');
  const mistake = validateTopicName(will.topic, Infinity);
  if (mistake !== undefined) refuse(`The will can't be published: ${mistake}`);
  checkBinary(will.payload, 'The payload of the will');
  checkInteger(will.qos, 'The qos of the will', 0, 2);
  checkBoolean(will.retain, 'retain of the will');
  checkProperties(will.properties, 'will', version);
}

export function checkConnack(packet: ConnackPacket, version: ProtocolVersion): void {
  checkBoolean(packet.sessionPresent, 'sessionPresent of CONNACK');
  if (version === 4) checkInteger(packet.reasonCode, 'The return code of CONNACK on MQTT 3.1.1', 0, 5);
  else checkReasonCode(packet.reasonCode, 'connack');
  if (packet.sessionPresent && packet.reasonCode !== 0) {
    refuse('A CONNACK that refuses the connection has no session present [MQTT-3.2.2-6].');
  }
  checkProperties(packet.properties, 'connack', version);
}

export function checkSubscribe(packet: SubscribePacket, version: ProtocolVersion): void {
  checkPacketId(packet);
  checkProperties(packet.properties, 'subscribe', version);
  checkList(packet.subscriptions, 'subscriptions of SUBSCRIBE');
  for (const subscription of packet.subscriptions) checkSubscription(subscription, version);
}

function checkSubscription(subscription: SubscriptionRequest, version: ProtocolVersion): void {
  const { filter, maximumQoS, noLocal, retainAsPublished, retainHandling } = subscription;
  checkFilter(filter, 'SUBSCRIBE');
  checkInteger(maximumQoS, `maximumQoS of '${filter}'`, 0, 2);
  checkBoolean(noLocal, `noLocal of '${filter}'`);
  checkBoolean(retainAsPublished, `retainAsPublished of '${filter}'`);
  if (retainHandling !== 'send' && retainHandling !== 'send-if-new' && retainHandling !== 'never') {
    refuse(
      `retainHandling of '${filter}' must be 'send', 'send-if-new' or 'never', not ${describe(retainHandling)}.`,
    );
  }
  if (version === 4 && (noLocal || retainAsPublished || retainHandling !== 'send')) {
    refuse(
      `'${filter}' asks for noLocal, retainAsPublished or retainHandling, which MQTT 3.1.1 does not have.`,
    );
  }
  if (noLocal && filter.startsWith('$share/')) {
    refuse(`noLocal is not allowed on the shared subscription '${filter}' [MQTT-3.8.3-4].`);
  }
}

export function checkSuback(packet: SubackPacket, version: ProtocolVersion): void {
  checkPacketId(packet);
  checkProperties(packet.properties, 'suback', version);
  checkList(packet.reasonCodes, 'reasonCodes of SUBACK');
  for (const code of packet.reasonCodes) {
    if (version === 5) checkReasonCode(code, 'suback');
    else if (code !== 0x80)
      checkInteger(code, 'A return code of SUBACK on MQTT 3.1.1, if it is not 0x80,', 0, 2);
  }
}

export function checkUnsubscribe(packet: UnsubscribePacket, version: ProtocolVersion): void {
  checkPacketId(packet);
  checkProperties(packet.properties, 'unsubscribe', version);
  checkList(packet.filters, 'filters of UNSUBSCRIBE');
  for (const filter of packet.filters) checkFilter(filter, 'UNSUBSCRIBE');
}

export function checkUnsuback(packet: UnsubackPacket, version: ProtocolVersion): void {
  checkPacketId(packet);
  checkProperties(packet.properties, 'unsuback', version);
  if (version === 4) {
    if (packet.reasonCodes.length > 0)
      refuse('UNSUBACK has no reason codes on MQTT 3.1.1: leave the list empty.');
    return;
  }
  checkList(packet.reasonCodes, 'reasonCodes of UNSUBACK');
  for (const code of packet.reasonCodes) checkReasonCode(code, 'unsuback');
}

export function checkDisconnect(packet: DisconnectPacket, version: ProtocolVersion): void {
  checkProperties(packet.properties, 'disconnect', version);
  if (version === 5) checkReasonCode(packet.reasonCode, 'disconnect');
  else if (packet.reasonCode !== 0) {
    refuse(`DISCONNECT has no reason code on MQTT 3.1.1: leave it at 0, not ${describe(packet.reasonCode)}.`);
  }
}

export function checkAuth(packet: AuthPacket, version: ProtocolVersion): void {
  if (version === 4) refuse('AUTH does not exist in MQTT 3.1.1.');
  checkReasonCode(packet.reasonCode, 'auth');
  checkProperties(packet.properties, 'auth', version);
  const bare = packet.reasonCode === 0 && measureProperties(packet.properties, 'auth') === 0;
  if (!bare && packet.properties?.authenticationMethod === undefined) {
    refuse('AUTH needs an authenticationMethod among its properties (3.15.2.2.2).');
  }
}

function checkProperties(
  properties: object | undefined,
  owner: PropertyOwner,
  version: ProtocolVersion,
): void {
  if (measureProperties(properties, owner) === 0 || version === 5) return;
  refuse(`${owner.toUpperCase()} has no properties on MQTT 3.1.1.`);
}

function checkPacketId(packet: Packet & { packetId: number }): void {
  checkInteger(packet.packetId, `The packetId of ${packet.type.toUpperCase()}`, 1, 0xffff);
}

function checkList(list: readonly unknown[], what: string): void {
  if (!Array.isArray(list)) refuse(`${what} must be an array, not ${describe(list)}.`);
  if (list.length === 0) refuse(`${what} is empty; there must be at least one.`);
}

function checkFilter(filter: string, packet: string): void {
  checkString(filter, `A filter of ${packet}`);
  const mistake = validateTopicFilter(filter, Infinity);
  if (mistake !== undefined) refuse(mistake);
}

function checkReasonCode(code: number, packet: PacketType): void {
  if (!isReasonCodeOf(packet, code)) {
    refuse(`${packet.toUpperCase()} can't carry reason code ${describe(code)} (MQTT 5.0, 2.4).`);
  }
}
