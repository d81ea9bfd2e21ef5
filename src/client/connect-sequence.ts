import { packetSize } from '../packets/encode-packet.js';
import type { ConnectPacket } from '../packets/packet.js';
import { orAborted } from '../time/or-aborted.js';
import type { Target } from './endpoint.js';
import { ConnectError } from './errors.js';
import { bytesOf, type Settings } from './settings.js';

export interface Credentials {
  username?: string;
  password?: Uint8Array | string;
}

/** The CONNECT packets of one client, one after the other. */
export class ConnectSequence {
  readonly #settings: Settings;
  #clientId: string;
  /** A clean start is for the first connection; what follows goes on with its session. */
  #cleanStart: boolean;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#clientId = settings.connect.clientId;
    this.#cleanStart = settings.connect.cleanStart;
  }

  /** The client identifier in use: the server may have chosen it. */
  get clientId(): string {
    return this.#clientId;
  }

  /** Rejects with a ConnectError if the credentials can't be had or make no packet, or with the signal's reason. */
  async next(target: Target, attempt: number, signal: AbortSignal): Promise<ConnectPacket> {
    const { connect, credentials, protocolVersion } = this.#settings;
    const packet: ConnectPacket = { ...connect, clientId: this.#clientId, cleanStart: this.#cleanStart };
    const username = connect.username ?? target.username;
    const password =
      connect.password ??
      (target.password !== undefined ? bytesOf(target.password, 'The password') : undefined);
    if (username !== undefined) packet.username = username;
    if (password !== undefined) packet.password = password;
    if (!credentials) return packet;
    try {
      signal.throwIfAborted();
      // An async function, so that one that throws rejects.
      const given = await orAborted((async () => credentials(attempt))(), signal);
      if (given.username !== undefined) packet.username = given.username;
      if (given.password !== undefined) packet.password = bytesOf(given.password, 'The password');
      packetSize(packet, protocolVersion);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      const cause =
        thrown instanceof Error
          ? thrown
          : new Error('credentials() rejected with something that is no error');
      throw new ConnectError(
        { by: 'client', reasonCode: 0, cause },
        true,
        `No credentials for ${target.where}: ${cause.message.replace(/\.$/, '')}.`,
      );
    }
    return packet;
  }

  /** The server accepted the last one. */
  connected(clientId: string): void {
    const { protocolVersion, generatedId } = this.#settings;
    this.#clientId = clientId;
    // On MQTT 3.1.1 a session has no end of its own: under an identifier that nobody will use again it would stay with the server for ever.
    if (protocolVersion === 5 || !generatedId) this.#cleanStart = false;
  }
}
