import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Transport } from './transport.js';

/**
 * A transport on any Node duplex stream that carries bytes: a socket that a server accepted, a pipe, a WebSocket stream. `peer` says
 * where its other end is, for people to read.
 */
export function fromDuplex(
  duplex: Duplex,
  kind: Transport['kind'] = 'custom',
  peer?: string | undefined,
): Transport {
  return new DuplexTransport(duplex, kind, { peer });
}

/**
 * Reads `data` events, or, where the socket was opened with `onread`, what that callback hands to `take`.
 */
export class DuplexTransport implements Transport {
  readonly kind: Transport['kind'];
  readonly peer: string | undefined;
  readonly freshChunks: boolean;
  readonly #duplex: Duplex;
  readonly #readsByItself: boolean;
  #onBytes: ((chunk: Uint8Array) => void) | undefined;
  #closing = false;
  #error: Error | undefined;

  /** `readsByItself`: the stream has no `data` events, its bytes come through `take`. */
  constructor(
    duplex: Duplex,
    kind: Transport['kind'],
    { readsByItself = false, peer }: { readsByItself?: boolean; peer?: string | undefined } = {},
  ) {
    this.#duplex = duplex;
    this.kind = kind;
    this.peer = peer;
    this.#readsByItself = readsByItself;
    this.freshChunks = !readsByItself;
    duplex.on('error', (error) => {
      this.#error ??= error; // a TLS socket does not keep an alert that comes after the handshake
    });
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#onBytes = onBytes;
    const closed = () => {
      this.#closing = true;
      onClose(this.#error ?? this.#duplex.errored ?? undefined);
    };
    if (this.#duplex.closed) return void queueMicrotask(closed);
    this.#duplex.once('close', closed);
    this.#duplex.once('end', () => this.#endedByPeer());
    if (this.#readsByItself) this.#duplex.resume();
    else this.#duplex.on('data', this.take);
  }

  readonly take = (chunk: Uint8Array): void => {
    if (this.#closing) return;
    if (chunk instanceof Uint8Array) this.#onBytes?.(chunk);
    else this.close(new TypeError('The stream must carry bytes: no object mode, no setEncoding().'));
  };

  write(bytes: Uint8Array): boolean {
    if (this.#closing || !this.#duplex.writable) return true;
    return this.#duplex.write(Buffer.from(bytes)); // a copy: the socket may hold on to it after we return
  }

  onDrain(callback: () => void): void {
    this.#duplex.on('drain', callback);
  }

  pause(): void {
    this.#duplex.pause();
  }

  resume(): void {
    this.#duplex.resume();
  }

  close(error?: Error): void {
    if (error) {
      this.#closing = true;
      this.#duplex.destroy(error);
      return;
    }
    if (this.#closing) return;
    this.#closing = true;
    // Reading goes on, into the void: bytes left unread would turn our end into a reset, and the reset overtakes what we wrote.
    this.#duplex.resume();
    this.#duplex.end();
  }

  /** Nobody will answer any more. What the peer has not read yet would keep the stream open for as long as it does not read. */
  #endedByPeer(): void {
    if (this.#duplex.writableLength > 0 && !this.#closing) {
      this.#closing = true;
      this.#duplex.destroy();
    } else {
      this.close();
    }
  }
}

/** Where the other end of a socket is: `127.0.0.1:51234`, `[::1]:51234`; undefined for one that is no TCP, or closed already. */
export function socketPeer({ remoteAddress, remotePort }: Socket): string | undefined {
  if (remoteAddress === undefined) return undefined;
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
