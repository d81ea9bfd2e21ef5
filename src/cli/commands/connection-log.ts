import type { BrokerObserver, Connection } from '../../broker/index.js';
import { quote } from '../../topics/topic-error.js';

/** An observer that prints a line for each connection that opens, closes or is refused. */
export function connectionLog(print: (line: string) => void): BrokerObserver {
  const open = new Set<Connection>();
  return {
    packet(connection, _direction, packet) {
      if (packet.type !== 'connack' || packet.reasonCode !== 0) return;
      open.add(connection);
      print(`connected ${nameOf(connection)}`);
    },
    message() {},
    closed(connection, _by, error) {
      const verb = open.delete(connection) || connection.clientId === '' ? 'closed' : 'refused';
      print(`${verb.padEnd(9)} ${nameOf(connection)}: ${reasonOf(connection, error)}`);
    },
  };
}

/** What is known of a client: before its CONNECT, nothing but its address. */
function nameOf({ clientId, version, peer = 'an unknown address' }: Connection): string {
  if (clientId === '') return peer;
  return `${quote(clientId)} (MQTT ${version === 5 ? '5.0' : '3.1.1'}, ${peer})`;
}

function reasonOf({ ending }: Connection, error: Error | undefined): string {
  const broken = error === undefined ? 'The client closed its end.' : `The network failed: ${error.message}.`;
  // Some reasons quote what the client sent, and a terminal would obey it.
  return (ending ?? broken).replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
