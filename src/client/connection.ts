import { PacketDecoder, PacketWriter } from '../packets/index.js';
import type { Packet } from '../packets/packet.js';
import type { Clock } from '../time/clock.js';
import type { Transport } from '../transports/transport.js';
import { closeStream } from './closing-streams.js';
import type { Observers } from './observers.js';

export interface ConnectionSettings {
  readonly protocolVersion: 4 | 5;
  readonly maximumPacketSize: number;
  readonly clock: Clock;
}

export interface ConnectionEvents {
  /** Before the packets of a read. */
  reading(): void;
  packet(packet: Packet, now: number): void;
  /** All packets of a read were handed over. */
  read(): void;
  /** What `packet` or the decoder threw: nothing more is read. */
  failed(error: Error): void;
  /** The socket takes more, or does not. */
  writable(writable: boolean): void;
  /** The byte stream is gone; called once, last. */
  closed(error?: Error): void;
}

/** What one tick may gather before it is written without waiting for the tick's end. */
const flushAt = 65_536;
/** How long a peer may take to close its end after we closed ours, and a transport to say that it is gone after it was cut, in milliseconds. */
const linger = 1_000;

/** One byte stream to the server, with packets on this side of it: decodes what comes, writes what leaves once a tick. */
export class Connection {
  readonly #transport: Transport;
  readonly #events: ConnectionEvents;
  readonly #observers: Observers;
  readonly #clock: Clock;
  readonly #decoder: PacketDecoder;
  readonly #writer: PacketWriter;
  readonly #flush = () => this.flush();
  readonly #onPacket = (packet: Packet) => {
    if (this.#watchesReceived) {
      this.#observers.received(packet, this.#decoder.packetBytes, this.#readAt);
    }
    if (this.#held) this.#held.push({ packet, at: this.#readAt });
    else this.#events.packet(packet, this.#readAt);
  };
  #flushScheduled = false;
  /** Whether somebody listens, looked up once a tick and once a read. */
  #watchesSent = false;
  #watchesReceived = false;
  #isOver = false;
  #deaf = false;
  #mute = false;
  #paused = false;
  /** What came and is not to be handed over yet. */
  #held: { readonly packet: Packet; readonly at: number }[] | undefined;
  #readAt: number;
  #writtenAt: number;
  #bytesIn = 0;
  #bytesOut = 0;
  #cancelLinger: () => void = () => undefined;
  #isClosed: () => void = () => undefined;
  /** Resolves when the byte stream is gone for good; of one that was closed or cut at the latest after `linger`, since a transport of the user's own may never say it. */
  readonly closed: Promise<void>;

  constructor(
    transport: Transport,
    settings: ConnectionSettings,
    events: ConnectionEvents,
    observers: Observers,
  ) {
    const { protocolVersion, maximumPacketSize, clock } = settings;
    this.#transport = transport;
    this.#events = events;
    this.#observers = observers;
    this.#clock = clock;
    this.#readAt = this.#writtenAt = clock.now();
    this.#decoder = new PacketDecoder({
      receiver: 'client',
      protocolVersion,
      maximumPacketSize,
      reusesChunks: !transport.freshChunks,
    });
    this.#writer = new PacketWriter({ protocolVersion, sink: (bytes) => this.#put(bytes) });
    this.closed = new Promise((resolve) => {
      this.#isClosed = resolve;
    });
  }

  get readAt(): number {
    return this.#readAt;
  }

  get writtenAt(): number {
    return this.#writtenAt;
  }

  get bytesIn(): number {
    return this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#bytesOut;
  }

  get paused(): boolean {
    return this.#paused;
  }

  start(): void {
    this.#transport.onDrain(() => this.#events.writable(true));
    this.#transport.start(
      (chunk) => this.#take(chunk),
      (error) => {
        this.#deaf = this.#mute = this.#isOver = true;
        this.#cancelLinger();
        this.#events.closed(error);
        this.#isClosed();
      },
    );
  }

  /** Leaves with what else is written in this tick. Throws InvalidPacketError, and writes nothing, if it is not legal MQTT. */
  write(packet: Packet): void {
    const bytes = this.#writer.write(packet);
    if (!this.#flushScheduled) this.#watchesSent = this.#observers.watchesSent;
    if (this.#watchesSent) this.#observers.sent(packet, bytes, this.#clock.now());
    if (this.#writer.pendingBytes >= flushAt) {
      this.flush();
    } else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(this.#flush); // after all promise callbacks of this tick, which may write too; a microtask would run between them
    }
  }

  flush(): void {
    this.#flushScheduled = false;
    if (this.#writer.pendingBytes > 0) this.#writer.flush();
  }

  /** Stops or goes on reading, so that the server feels it. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#regulate();
  }

  /** Hands over no more packets, and reads no more, until it is called with false: then what came in the meantime is handed over. */
  hold(held: boolean): void {
    const waiting = this.#held;
    this.#held = held ? [] : undefined;
    this.#regulate();
    if (waiting) this.#hand(waiting);
  }

  /** Writes what is pending, then ends the stream; a peer that does not end its own is cut. Nothing more is read. */
  close(): void {
    if (this.#mute) return;
    this.flush();
    this.closeUnwritten();
  }

  /** The same, but leaves out what is pending: the server said goodbye, nothing may follow. */
  closeUnwritten(): void {
    if (this.#mute) return;
    this.#mute = this.#deaf = true;
    const cut = () => {
      closeStream(this.#transport, new Error('The server did not close its end of the connection.'));
      this.#isClosed();
    };
    this.#cancelLinger = this.#clock.setTimer(linger, cut, 'background');
    closeStream(this.#transport);
  }

  /** At once. */
  cut(error: Error): void {
    if (this.#isOver) return;
    this.#deaf = this.#mute = true;
    this.#cancelLinger();
    this.#cancelLinger = this.#clock.setTimer(linger, () => this.#isClosed(), 'background');
    closeStream(this.#transport, error);
  }

  #take(chunk: Uint8Array): void {
    if (this.#deaf) return;
    this.#readAt = this.#clock.now();
    this.#bytesIn += chunk.length;
    this.#watchesReceived = this.#observers.watchesReceived;
    try {
      this.#events.reading();
      this.#decoder.push(chunk, this.#onPacket);
      if (!this.#deaf) this.#events.read();
    } catch (error) {
      this.#events.failed(error as Error); // decoder and session throw errors only
    }
  }

  #hand(waiting: readonly { readonly packet: Packet; readonly at: number }[]): void {
    try {
      for (const { packet, at } of waiting) if (!this.#deaf) this.#events.packet(packet, at);
      if (!this.#deaf) this.#events.read();
    } catch (error) {
      this.#events.failed(error as Error); // the session throws errors only
    }
  }

  #regulate(): void {
    if (this.#paused || this.#held) this.#transport.pause();
    else this.#transport.resume();
  }

  #put(bytes: Uint8Array): void {
    if (this.#mute) return;
    this.#bytesOut += bytes.length;
    this.#writtenAt = this.#clock.now();
    let isFull: boolean;
    try {
      isFull = !this.#transport.write(bytes);
    } catch (error) {
      // Only a transport of the user's own can throw; most often we are in a tick of our own, where nobody would catch it.
      const cause = error instanceof Error ? error : new Error(String(error));
      this.cut(cause);
      this.#events.closed(cause);
      return;
    }
    if (isFull) this.#events.writable(false);
  }
}
