import type { PublishPacket } from '../../packets/packet.js';
import type { ReasonCode } from '../../packets/reason-codes.js';
import { publishRefusal } from './authorize.js';
import type { Connection } from './connection.js';
import type { Refusal } from './hook.js';
import { disconnect } from './leave.js';
import type { Message } from './message.js';
import { reasonString } from './reason-string.js';
import { retainAndRoute } from './route.js';
import type { Session } from './session.js';
import type { State } from './state.js';

const NO_MATCHING_SUBSCRIBERS = 0x10;
const QUOTA_EXCEEDED = 0x97;

/** PUBLISH from a client. MQTT 5.0, 3.3. */
export function publish(
  state: State,
  connection: Connection,
  session: Session,
  packet: PublishPacket,
  now: number,
): void {
  const topic = resolveAlias(state, connection, packet);
  const violation = violationOf(state, connection, packet, topic);
  if (violation !== undefined) {
    return void disconnect(state, connection, violation.code, violation.why, now);
  }
  const { packetId } = packet;
  if (packet.qos === 2 && packetId !== undefined) {
    connection.unreleased.add(packetId);
    // A repeat, perhaps from an earlier connection, is acknowledged again and goes to nobody [MQTT-4.3.3-10].
    if (session.unreleased.has(packetId)) return void answer(connection, packet, 0);
  }
  const denial = publishRefusal(state, connection, topic, packet.qos, packet.retain);
  if (denial !== undefined) return void deny(connection, session, packet, denial);
  const outcome = retainAndRoute(state, takeOver(packet, topic, session, now), now);
  if (outcome === 'no room') {
    const why = 'The broker has no room for another retained message.';
    // Nothing in MQTT 3.1.1, nor at QoS 0, can say no to a single message.
    if (packet.qos === 0 || connection.version === 4) {
      return void disconnect(state, connection, QUOTA_EXCEEDED, why, now);
    }
    return void deny(connection, session, packet, { code: QUOTA_EXCEEDED, why });
  }
  if (packet.qos === 2 && packetId !== undefined) session.unreleased.add(packetId);
  answer(connection, packet, outcome === 'nobody' && connection.version === 5 ? NO_MATCHING_SUBSCRIBERS : 0);
}

/** What a client must not send after CONNACK said what the broker takes. */
function violationOf(
  state: State,
  connection: Connection,
  packet: PublishPacket,
  topic: string,
): Refusal | undefined {
  const { maximumQoS, retain, receiveMaximum } = state.settings.capabilities;
  if (packet.qos > maximumQoS) return { code: 0x9b, why: `The broker takes QoS ${maximumQoS} at most.` };
  if (packet.retain && !retain) return { code: 0x9a, why: 'The broker does not retain messages.' };
  if (topic === '') {
    return { code: 0x94, why: 'The topic alias is not one that the client may use or has set.' };
  }
  if (isBeyondReceiveMaximum(connection, packet, receiveMaximum)) {
    return { code: 0x93, why: `More than ${receiveMaximum} messages are unacknowledged.` };
  }
  return undefined;
}

/** The message goes nowhere. MQTT 5 says so at QoS 1 and 2; what can't be told is acknowledged like any other. */
function deny(connection: Connection, session: Session, packet: PublishPacket, { code, why }: Refusal): void {
  const { packetId } = packet;
  if (connection.version === 5) {
    // After a refusing PUBREC the identifier means a new message [MQTT-4.3.3-9].
    if (packetId !== undefined) connection.unreleased.delete(packetId);
    return void answer(connection, packet, code, why);
  }
  if (packet.qos === 2 && packetId !== undefined) session.unreleased.add(packetId);
  answer(connection, packet, 0);
}

/** QoS 1 is acknowledged at once, so only QoS 2 piles up; but it takes of the same quota. The quota is the connection's: 4.9. */
function isBeyondReceiveMaximum(connection: Connection, packet: PublishPacket, maximum: number): boolean {
  const { unreleased, version } = connection;
  if (version === 4 || packet.packetId === undefined || unreleased.size < maximum) return false;
  return packet.qos === 1 || !unreleased.has(packet.packetId);
}

function takeOver(packet: PublishPacket, topic: string, session: Session, now: number): Message {
  let properties: Message['properties'];
  if (packet.properties !== undefined) {
    const { topicAlias: _alias, subscriptionIdentifiers: _identifiers, ...forwarded } = packet.properties;
    properties = forwarded;
  }
  return {
    topic,
    payload: packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties,
    publisher: session.clientId,
    receivedAt: now,
    trace: undefined,
  };
}

/** The topic of the packet, by its alias if it has one; empty if the alias is not in order. MQTT 5.0, 3.3.2.3.4. */
function resolveAlias(state: State, connection: Connection, packet: PublishPacket): string {
  const alias = packet.properties?.topicAlias;
  if (alias === undefined) return packet.topic;
  if (alias === 0 || alias > state.settings.capabilities.topicAliasMaximum) return '';
  if (packet.topic === '') return connection.aliases.get(alias) ?? '';
  connection.aliases.set(alias, packet.topic);
  return packet.topic;
}

function answer(connection: Connection, packet: PublishPacket, reasonCode: ReasonCode, why?: string): void {
  if (packet.qos === 0 || packet.packetId === undefined) return;
  const type = packet.qos === 1 ? 'puback' : 'pubrec';
  const { packetId } = packet;
  if (why === undefined) return void connection.answer({ type, packetId, reasonCode });
  connection.answer({ type, packetId, reasonCode, properties: { reasonString: reasonString(why) } });
}
