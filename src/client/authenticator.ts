import { packetSize } from '../packets/encode-packet.js';
import type { ConnackPacket, ConnectPacket, Packet } from '../packets/packet.js';
import { checkAuthenticationMethod } from '../session/authentication.js';
import type { Session } from '../session/session.js';
import type { Clock } from '../time/clock.js';
import { orAborted } from '../time/or-aborted.js';
import { AuthenticationError } from './errors.js';

/** Enhanced authentication, MQTT 5.0, 4.12. What these functions reject with ends the connection; all of them together have `connectTimeout`. */
export interface AuthOptions {
  /** Such as `SCRAM-SHA-256`; what it means is between you and the server. */
  method: string;
  /** The data that begins it: in each CONNECT, and again for `reauthenticate()`. */
  start(): Promise<Uint8Array>;
  /** The answer to a challenge of the server. */
  next(challenge: Uint8Array): Promise<Uint8Array>;
  /** Looks at what the server sent with its success, empty if nothing; until this resolves nothing else is sent or handed out. */
  verify?(data: Uint8Array): Promise<void>;
}

export interface AuthenticatorPorts {
  readonly clock: Clock;
  /** Milliseconds for a renewal. */
  readonly timeout: number;
  readonly session: Session;
  /** Without what `start` brings. */
  readonly connect: ConnectPacket;
  readonly lastPacketId: number;
  /** Stops reading, or goes on. */
  readonly pause: (paused: boolean) => void;
  readonly fail: (error: Error) => void;
}

interface Renewal {
  readonly done: Promise<void>;
  settle(error?: Error): void;
}

/** The user's side of the authentication on one connection: everything that has to be waited for. */
export class Authenticator {
  readonly #auth: AuthOptions;
  readonly #ports: AuthenticatorPorts;
  /** While CONNACK is being verified: it, and what came behind it. */
  #held: { packet: Packet; now: number }[] | undefined;
  #renewal: Renewal | undefined;
  #over = false;

  constructor(auth: AuthOptions, ports: AuthenticatorPorts) {
    this.#auth = auth;
    this.#ports = ports;
  }

  /** Nothing may be read on. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  /** A renewal is under way. */
  get isRenewing(): boolean {
    return this.#renewal !== undefined;
  }

  /** The byte stream stands. */
  begin(): void {
    this.#wait(
      'start',
      () => this.#auth.start(),
      (data) => this.#open(data),
    );
  }

  packet(packet: Packet, now: number): void {
    if (this.#held) this.#held.push({ packet, now });
    else if (packet.type === 'connack' && packet.reasonCode === 0 && this.#auth.verify) {
      this.#verifyConnack(packet, now);
    } else this.#ports.session.receive(packet, now);
  }

  challenged(challenge: Uint8Array): void {
    this.#wait(
      'next',
      () => this.#auth.next(challenge),
      (data) => this.#ports.session.answer(data),
    );
  }

  /** A renewal has succeeded. */
  authenticated(data: Uint8Array): void {
    this.#wait(
      'verify',
      async () => this.#auth.verify?.(data),
      () => this.#renewal?.settle(),
    );
  }

  /** Who calls while another renewal is under way gets its outcome. */
  async renew(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#renewal ??= this.#begin();
    const { done } = this.#renewal;
    return signal ? orAborted(done, signal) : done;
  }

  /** The connection is gone. */
  end(error: Error): void {
    this.#over = true;
    this.#held = undefined;
    this.#renewal?.settle(error);
  }

  #open(authenticationData: Uint8Array): void {
    const { session, connect, lastPacketId } = this.#ports;
    const authenticationMethod = this.#auth.method;
    const packet: ConnectPacket = {
      ...connect,
      properties: { ...connect.properties, authenticationMethod, authenticationData },
    };
    packetSize(packet, 5); // throws for data that is none, before anything is sent
    session.open(packet, lastPacketId);
  }

  #begin(): Renewal {
    const { clock, timeout } = this.#ports;
    let settle: Renewal['settle'] = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      const cancel = clock.setTimer(timeout, () =>
        this.#fail(new AuthenticationError(`The server did not authenticate again within ${timeout} ms.`)),
      );
      settle = (error) => {
        cancel();
        this.#renewal = undefined;
        if (error) reject(error);
        else resolve();
      };
    });
    done.catch(() => undefined); // a caller whose signal aborted does not look any more
    this.#wait(
      'start',
      () => this.#auth.start(),
      (data) => {
        try {
          this.#ports.session.renew(data);
        } catch (error) {
          settle(error as Error); // not legal, or too big for the server: nothing was sent, so the connection is as it was
        }
      },
    );
    return { done, settle };
  }

  #verifyConnack(connack: ConnackPacket, now: number): void {
    checkAuthenticationMethod(this.#auth.method, connack);
    this.#held = [{ packet: connack, now }];
    this.#ports.pause(true);
    const data = connack.properties?.authenticationData ?? new Uint8Array(0);
    this.#wait(
      'verify',
      async () => this.#auth.verify?.(data),
      () => {
        const held = this.#held ?? [];
        this.#held = undefined;
        this.#ports.pause(false);
        for (const each of held) if (!this.#over) this.#ports.session.receive(each.packet, each.now);
      },
    );
  }

  /** Calls a function of the user, then goes on; whatever either throws ends the connection. */
  #wait<T>(name: 'start' | 'next' | 'verify', call: () => Promise<T>, then: (result: T) => void): void {
    const waiting = (async () => call())();
    waiting.then(
      (result) => {
        if (this.#over) return;
        try {
          then(result);
        } catch (error) {
          this.#fail(error as Error); // ours: what the server sent, or what was to be sent, is not legal
        }
      },
      (error: unknown) => {
        if (this.#over) return;
        const said = error instanceof Error ? error.message : String(error);
        const sentence = `auth.${name}() failed: ${said.replace(/\.$/, '')}.`;
        this.#fail(new AuthenticationError(sentence, { cause: error }));
      },
    );
  }

  #fail(error: Error): void {
    if (this.#over) return; // another connection may have taken the place of this one
    this.#renewal?.settle(error);
    this.#ports.fail(error);
  }
}
