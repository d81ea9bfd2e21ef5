import type { Transport } from './transport.js';

/** What is used of a `WebSocket` of the package `ws`, so that these declarations stand without it. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: 'message', listener: (data: Uint8Array, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(
    data: Uint8Array,
    options: { binary: boolean; compress: boolean },
    sent: (error?: Error) => void,
  ): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

const OPEN = 1;
/** Bytes that wait to leave from which on `write` returns false. */
const highWaterMark = 65_536;
/** No error: a normal end, one without a code, and a stream that ended without a close frame, as on TCP. */
const ordinaryCloses: readonly number[] = [1000, 1001, 1005, 1006];

/** A transport on an open WebSocket: a binary frame for each write; frames that come are a stream of bytes [MQTT-6.0.0-2]. */
export class WebSocketTransport implements Transport {
  readonly kind = 'ws';
  readonly peer: string | undefined;
  readonly freshChunks = true;
  readonly #socket: WebSocketLike;
  readonly #sent = () => this.#drained();
  #onBytes: ((chunk: Uint8Array) => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;
  /** Frames that came while nobody reads: those that were read from the socket already. */
  #held: Uint8Array[] = [];
  #paused = true;
  #full = false;
  /** Nothing more is handed over or written: one of the two sides ended it. */
  #closing = false;
  #closed = false;
  #error: Error | undefined;

  constructor(socket: WebSocketLike, peer?: string | undefined) {
    this.peer = peer;
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('error', (cause) => {
      // Frames that are none, or too long. `ws` has told the peer.
      this.close(new Error(`What came is not as a WebSocket must be: ${cause.message}.`, { cause }));
    });
    socket.on('close', (code, reason) => this.#ended(code, reason));
    socket.pause(); // nothing is read before somebody listens
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#onBytes = onBytes;
    this.#onClose = onClose;
    this.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closing || this.#socket.readyState !== OPEN) return true;
    // A copy: the socket may hold on to it after we return.
    this.#socket.send(Buffer.from(bytes), { binary: true, compress: false }, this.#sent);
    this.#full = this.#socket.bufferedAmount >= highWaterMark;
    return !this.#full;
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
    if (this.#held.length > 0 || this.#closed) queueMicrotask(() => this.#release());
  }

  close(error?: Error): void {
    if (error) {
      if (this.#closed) return;
      this.#error ??= error;
      this.#closing = true;
      this.#socket.terminate();
      return;
    }
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.resume(); // into the void: the peer's close frame is behind what nobody wants any more
    this.#socket.close(1000);
  }

  #take(data: Uint8Array, isBinary: boolean): void {
    if (this.#closing) return;
    if (!isBinary) {
      this.#socket.close(1003);
      this.close(new Error('A text frame came: MQTT is carried by binary frames only [MQTT-6.0.0-1].'));
    } else if (this.#paused || this.#held.length > 0) {
      this.#held.push(data);
    } else {
      this.#onBytes?.(data);
    }
  }

  #drained(): void {
    if (!this.#full || this.#closing || this.#socket.bufferedAmount >= highWaterMark) return;
    this.#full = false;
    this.#onDrain?.();
  }

  #ended(code: number, reason: Uint8Array): void {
    this.#closed = true;
    if (!ordinaryCloses.includes(code) && !this.#closing) {
      const said = reason.length > 0 ? `, "${Buffer.from(reason).toString('utf8')}"` : '';
      this.#error = new Error(`The WebSocket was closed with code ${code}${said}.`);
    }
    this.#release();
  }

  /** Hands over what was held, then the end. A reader that pauses sees neither before it reads on. */
  #release(): void {
    while (this.#held.length > 0 && !this.#paused && !this.#closing) this.#onBytes?.(this.#held.shift()!);
    if (!this.#closed || (this.#held.length > 0 && !this.#closing)) return;
    this.#closing = true;
    this.#held = [];
    const onClose = this.#onClose;
    this.#onClose = undefined;
    onClose?.(this.#error);
  }
}
