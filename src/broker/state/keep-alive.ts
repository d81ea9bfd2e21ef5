import type { ConnectPacket } from '../../packets/packet.js';
import type { Connection } from './connection.js';
import { disconnect } from './leave.js';
import type { State } from './state.js';

/** Milliseconds of silence that a client may keep: 1.5 keep-alive periods, of the server's own where it has one. 0 is for ever. */
export function patienceWith(state: State, packet: ConnectPacket): number {
  const own = packet.protocolVersion === 5 ? state.settings.capabilities.serverKeepAlive : undefined;
  return (own ?? packet.keepAlive) * 1500;
}

/** Closes the connection after 1.5 keep-alive periods of silence [MQTT-3.1.2-22]; looks again only when it might be due. */
export function watchSilence(state: State, connection: Connection, now: number): void {
  state.deadlines.clear(connection.deadline);
  connection.deadline = undefined;
  if (connection.patience === 0 || connection.phase !== 'open') return;
  const until = connection.lastReceivedAt + connection.patience;
  if (until <= now)
    return void disconnect(state, connection, 0x8d, 'Nothing came for 1.5 keep-alive periods.', now);
  connection.deadline = state.deadlines.set(until, (due) => watchSilence(state, connection, due));
}
