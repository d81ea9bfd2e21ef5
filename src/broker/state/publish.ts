import type { PublishPacket } from '../../packets/packet.js';
import type { ReasonCode } from '../../packets/reason-codes.js';
import type { Connection } from './connection.js';
import { disconnect } from './leave.js';
import type { Message } from './message.js';
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
  const { capabilities } = state.settings;
  const refuse = (code: ReasonCode, why: string) => disconnect(state, connection, code, why, now);
  if (packet.qos > capabilities.maximumQoS) {
    return void refuse(0x9b, `The broker takes QoS ${capabilities.maximumQoS} at most.`);
  }
  if (packet.retain && !capabilities.retain) return void refuse(0x9a, 'The broker does not retain messages.');
  const topic = resolveAlias(state, connection, packet);
  if (topic === undefined)
    return void refuse(0x94, 'The topic alias is not one that the client may use or has set.');

  if (isBeyondReceiveMaximum(connection, packet, capabilities.receiveMaximum)) {
    return void refuse(0x93, `More than ${capabilities.receiveMaximum} messages are unacknowledged.`);
  }
  const { packetId } = packet;
  if (packet.qos === 2 && packetId !== undefined) {
    connection.unreleased.add(packetId);
    // A repeat, perhaps from an earlier connection, is acknowledged again and goes to nobody [MQTT-4.3.3-10].
    if (session.unreleased.has(packetId)) return void answer(connection, packet, 0);
  }
  const outcome = retainAndRoute(state, takeOver(packet, topic, session, now), now);
  if (outcome === 'no room') {
    if (packetId !== undefined) connection.unreleased.delete(packetId);
    // Nothing in MQTT 3.1.1, nor at QoS 0, can say no to a single message.
    if (packet.qos > 0 && connection.version === 5) return void answer(connection, packet, QUOTA_EXCEEDED);
    return void refuse(QUOTA_EXCEEDED, 'The broker has no room for another retained message.');
  }
  if (packet.qos === 2 && packetId !== undefined) session.unreleased.add(packetId);
  answer(connection, packet, outcome === 'nobody' && connection.version === 5 ? NO_MATCHING_SUBSCRIBERS : 0);
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

/** The topic of the packet, by its alias if it has one; undefined if the alias is not in order. MQTT 5.0, 3.3.2.3.4. */
function resolveAlias(state: State, connection: Connection, packet: PublishPacket): string | undefined {
  const alias = packet.properties?.topicAlias;
  if (alias === undefined) return packet.topic;
  if (alias === 0 || alias > state.settings.capabilities.topicAliasMaximum) return undefined;
  if (packet.topic === '') return connection.aliases.get(alias);
  connection.aliases.set(alias, packet.topic);
  return packet.topic;
}

function answer(connection: Connection, packet: PublishPacket, reasonCode: ReasonCode): void {
  if (packet.qos === 0 || packet.packetId === undefined) return;
  connection.answer({ type: packet.qos === 1 ? 'puback' : 'pubrec', packetId: packet.packetId, reasonCode });
}
