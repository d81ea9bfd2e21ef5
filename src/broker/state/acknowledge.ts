import type { AckPacket } from '../../packets/packet.js';
import type { Connection } from './connection.js';
import { disconnect } from './leave.js';
import type { Session } from './session.js';
import type { State } from './state.js';

const PACKET_ID_NOT_FOUND = 0x92;

/** PUBACK, PUBREC, PUBREL and PUBCOMP from a client. MQTT 5.0, 4.3. */
export function acknowledge(
  state: State,
  connection: Connection,
  session: Session,
  packet: AckPacket,
  now: number,
): void {
  if (packet.type === 'pubrel') return void release(connection, session, packet);
  const verdict = session.outbound[packet.type](packet, connection, now);
  if (verdict === 'wrong') {
    const why = `${packet.type.toUpperCase()} ${packet.packetId} is not the acknowledgement that this message needs.`;
    return void disconnect(state, connection, 0x82, why, now);
  }
  if (verdict === 'unknown' && packet.type === 'pubrec' && packet.reasonCode < 0x80) {
    const reasonCode = connection.version === 5 ? PACKET_ID_NOT_FOUND : 0;
    connection.answer({ type: 'pubrel', packetId: packet.packetId, reasonCode });
  }
}

/** The client's own QoS 2 message is complete: its identifier is free again [MQTT-4.3.3-11, -12]. */
function release(connection: Connection, session: Session, { packetId }: AckPacket): void {
  connection.unreleased.delete(packetId);
  const known = session.unreleased.delete(packetId);
  const reasonCode = known || connection.version === 4 ? 0 : PACKET_ID_NOT_FOUND;
  connection.answer({ type: 'pubcomp', packetId, reasonCode });
}
