import type { ProtocolError } from '../../packets/errors.js';
import { UnsupportedProtocolError } from '../../packets/index.js';
import type { DisconnectPacket, Packet } from '../../packets/packet.js';
import type { Settings } from '../settings.js';
import { acknowledge } from './acknowledge.js';
import { refuse } from './connack.js';
import { connect, receivedWhileAuthenticating } from './connect.js';
import { Connection, type Outlet } from './connection.js';
import { reauthenticate } from './enhanced-authentication.js';
import { connectionEnded, disconnect, endSession, farewell } from './leave.js';
import type { Message } from './message.js';
import { publish } from './publish.js';
import { retainAndRoute } from './route.js';
import type { Session } from './session.js';
import { State } from './state.js';
import { subscribe, unsubscribe } from './subscribe.js';
import { forgetWill } from './will.js';

const UNACCEPTABLE_VERSION = {
  packet: { type: 'connack', sessionPresent: false, reasonCode: 1 },
  protocolVersion: 4,
} as const;

/**
 * The broker without I/O, timers, clock and chance: what happens comes in with the time at which it happens, what to do
 * goes out, in order, into the outlet of each connection.
 */
export class Machine {
  readonly state: State;

  /** `onMessage` is told of each application message that the broker takes over. */
  constructor(settings: Settings, onMessage?: (message: Message) => void) {
    this.state = new State(settings, onMessage);
  }

  /** When `elapsed` is to be called next. */
  get nextDeadline(): number | undefined {
    return this.state.deadlines.next;
  }

  /** A transport opened. `nonce` is a random number from 0 to 1. */
  opened(outlet: Outlet, nonce: number, now: number): Connection {
    const connection = new Connection(outlet, nonce, now);
    const until = now + this.state.settings.limits.connectTimeout;
    connection.deadline = this.state.deadlines.set(until, (due) => {
      connection.close('No CONNECT came in time.');
      connectionEnded(this.state, connection, 'keep will', due);
    });
    return connection;
  }

  /** A packet came. */
  received(connection: Connection, packet: Packet, now: number): void {
    if (connection.phase === 'closed') return;
    connection.lastReceivedAt = now;
    const { session, authentication } = connection;
    if (session !== undefined) return void this.#receivedInSession(connection, session, packet, now);
    if (authentication !== undefined) {
      return void receivedWhileAuthenticating(this.state, connection, authentication, packet, now);
    }
    if (packet.type === 'connect') return void connect(this.state, connection, packet, now);
    connection.close(`The first packet was ${packet.type.toUpperCase()}, not CONNECT.`);
    connectionEnded(this.state, connection, 'keep will', now);
  }

  /** Bytes came that are no MQTT, or not in this place. */
  violated(connection: Connection, error: ProtocolError, now: number): void {
    if (connection.phase === 'open') {
      return void disconnect(this.state, connection, error.reasonCode, error.message, now);
    }
    if (connection.phase === 'closed') return;
    if (connection.authentication !== undefined) {
      // Of the codes that bytes can be refused with, this is the one that CONNACK has not.
      const code = error.reasonCode === 0x94 ? 0x82 : error.reasonCode;
      return void refuse(this.state, connection, { code, why: error.message }, now);
    }
    // Without a CONNECT that can be read nothing is known of the client's language: there is one answer that has a form.
    if (error instanceof UnsupportedProtocolError && error.answer !== undefined) {
      // A broker of 3.1.1 knows no other CONNACK than its own.
      const { packet, protocolVersion } =
        this.state.settings.version === 4 ? UNACCEPTABLE_VERSION : error.answer;
      connection.version = protocolVersion;
      connection.send(packet);
    }
    connection.close(error.message);
    connectionEnded(this.state, connection, 'discard will', now);
  }

  /** The transport ended by itself. */
  closed(connection: Connection, now: number): void {
    connectionEnded(this.state, connection, 'keep will', now);
  }

  /** The peer reads slower than we write. */
  congested(connection: Connection): void {
    connection.congested = true;
  }

  drained(connection: Connection, now: number): void {
    connection.congested = false;
    if (connection.phase === 'open') connection.session?.outbound.pump(connection, now);
  }

  /** Time passed. */
  elapsed(now: number): void {
    this.state.deadlines.run(now);
  }

  /** A message of the host itself, as if a client had published it. */
  publish(message: Message, now: number): 'routed' | 'nobody' | 'no room' {
    return retainAndRoute(this.state, message, now);
  }

  /** The broker shuts down: says so (`goodbye`), lets every connection go and forgets everything, or all but what lives in sessions that outlive it. */
  shutDown(now: number, how: { keepSessions: boolean; goodbye: boolean }): void {
    const { sessions, subscriptions, retained } = this.state;
    // A broker that goes has nobody left to send a will or a message of a shared group to.
    for (const session of sessions.values()) {
      forgetWill(this.state, session);
      if (!how.keepSessions) subscriptions.removeAll(session);
    }
    const connections = new Map([...sessions.values()].map((session) => [session, session.connection]));
    // All at once: a member of a shared group hands nothing over to one that goes too.
    for (const session of connections.keys()) session.connection = undefined;
    for (const [session, connection] of connections) {
      if (connection !== undefined && how.goodbye)
        disconnect(this.state, connection, 0x8b, 'The broker shuts down.', now);
      else if (connection !== undefined) connectionEnded(this.state, connection, 'discard will', now);
      if (!how.keepSessions) endSession(this.state, session, now);
    }
    if (!how.keepSessions) retained.clear();
  }

  #receivedInSession(connection: Connection, session: Session, packet: Packet, now: number): void {
    switch (packet.type) {
      case 'publish':
        return void publish(this.state, connection, session, packet, now);
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return void acknowledge(this.state, connection, session, packet, now);
      case 'subscribe':
        return void subscribe(this.state, connection, session, packet, now);
      case 'unsubscribe':
        return void unsubscribe(this.state, connection, session, packet, now);
      case 'auth':
        return void reauthenticate(this.state, connection, packet, now);
      case 'pingreq':
        return void connection.answer({ type: 'pingresp' });
      case 'disconnect':
        return void this.#left(connection, session, packet, now);
      default: {
        const why = `${packet.type.toUpperCase()} must not come from a connected client.`;
        return void disconnect(this.state, connection, 0x82, why, now);
      }
    }
  }

  /** DISCONNECT of the client: 0x00 discards the will [MQTT-3.14.4-3], any other code leaves it due. */
  #left(connection: Connection, session: Session, packet: DisconnectPacket, now: number): void {
    const expiry = packet.properties?.sessionExpiryInterval;
    if (expiry !== undefined) {
      if (expiry > 0 && connection.requestedExpiry === 0) {
        const why = 'A session that expires with its connection cannot be kept at its end.';
        return void disconnect(this.state, connection, 0x82, why, now);
      }
      session.expiryInterval = Math.min(expiry, this.state.settings.capabilities.sessionExpiryMaximum);
    }
    connection.close(farewell(packet));
    connectionEnded(this.state, connection, packet.reasonCode === 0 ? 'discard will' : 'keep will', now);
  }
}
