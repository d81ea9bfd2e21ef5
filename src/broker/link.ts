import { ProtocolError } from '../packets/errors.js';
import { PacketDecoder, PacketWriter } from '../packets/index.js';
import type { Packet, ProtocolVersion } from '../packets/packet.js';
import type { Transport } from '../transports/index.js';
import type { BrokerObserver } from './observer.js';
import type { Connection, Outlet } from './state/connection.js';

/** Bytes written in one event before they are handed to the transport, so that it can say that it is full. */
const FLUSH_AT = 65_536;
/** Bytes of answers that a client which does not read may make us keep; then we stop reading from it. */
const BACKLOG_MAXIMUM = 1_048_576;

/** What a link tells its host. */
export interface LinkEvents {
  /** Runs what came of an event, then flushes what it made the broker write. */
  during(event: () => void): void;
  packet(link: Link, packet: Packet): void;
  violated(link: Link, error: ProtocolError): void;
  congested(link: Link): void;
  drained(link: Link): void;
  /** It has something to flush, or to close, at the end of the event. */
  dirty(link: Link): void;
  closed(link: Link): void;
}

/** What stands between the broker and the bytes of a connection knows of it. */
export interface LinkView {
  /** Once the transport was started. */
  readonly connection: Connection;
  /** Of the client; undefined until its CONNECT came. */
  readonly clientVersion: ProtocolVersion | undefined;
  /** A copy of what came of a packet that is not complete yet. */
  readonly unread: Uint8Array;
}

/** Returns a transport on the given one. */
export type Wrap = (transport: Transport, link: LinkView) => Transport;

/** One transport with its decoder and its writer: the outlet of one connection of the machine. */
export class Link implements Outlet, LinkView {
  readonly peer: string | undefined;
  readonly #transport: Transport;
  readonly #events: LinkEvents;
  readonly #observer: BrokerObserver | undefined;
  readonly #decoder: PacketDecoder;
  #writer: PacketWriter | undefined;
  #connection: Connection | undefined;
  #ending: 'no' | 'after flush' | 'ended' = 'no';
  #congested = false;
  #backlog = 0;

  constructor(
    transport: Transport,
    events: LinkEvents,
    maximumPacketSize: number,
    observer: BrokerObserver | undefined,
    wrap: Wrap | undefined,
  ) {
    this.peer = transport.peer;
    this.#transport = wrap === undefined ? transport : wrap(transport, this);
    this.#events = events;
    this.#observer = observer;
    this.#decoder = new PacketDecoder({
      receiver: 'server',
      maximumPacketSize,
      reusesChunks: !this.#transport.freshChunks,
    });
  }

  get connection(): Connection {
    if (this.#connection === undefined)
      throw new Error('The link is asked for its connection before it was started.');
    return this.#connection;
  }

  get clientVersion(): ProtocolVersion | undefined {
    return this.#decoder.protocolVersion;
  }

  get unread(): Uint8Array {
    return this.#decoder.buffered;
  }

  /** The broker closed it; the peer may not have noticed yet. */
  get isEnding(): boolean {
    return this.#ending !== 'no';
  }

  start(connection: Connection): void {
    this.#connection = connection;
    this.#transport.onDrain(() => this.#drained());
    this.#transport.start(
      (chunk) => this.#take(chunk),
      (error) => this.#gone(error),
    );
  }

  send(packet: Packet, version: ProtocolVersion): void {
    if (this.#ending !== 'no') return;
    this.#writer ??= new PacketWriter({ protocolVersion: version, sink: (bytes) => this.#write(bytes) });
    this.#observer?.packet(this.connection, 'out', packet);
    this.#writer.write(packet);
    if (this.#writer.pendingBytes >= FLUSH_AT) this.#writer.flush();
    else this.#events.dirty(this);
  }

  close(): void {
    if (this.#ending !== 'no') return;
    this.#ending = 'after flush';
    this.#decoder.stop();
    this.#events.dirty(this);
  }

  /** The end of an event: what was written leaves, and a closed link ends after it. */
  flush(): void {
    this.#writer?.flush();
    if (this.#ending !== 'after flush') return;
    this.#ending = 'ended';
    this.#observer?.closed(this.connection, 'broker');
    // A peer that does not read would keep the rest of our bytes, and with them the connection, for ever.
    this.#transport.close(
      this.#congested ? new Error('The client does not read what it is sent.') : undefined,
    );
  }

  /** Ends the transport without waiting for anything. */
  destroy(reason: string): void {
    if (this.#ending === 'no') {
      this.connection.ending ??= reason;
      this.#observer?.closed(this.connection, 'broker');
    }
    this.#ending = 'ended';
    this.#transport.close(new Error(reason));
  }

  #take(chunk: Uint8Array): void {
    if (this.#ending !== 'no') return;
    this.#events.during(() => {
      try {
        this.#decoder.push(chunk, this.#receive);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#events.violated(this, error);
      }
    });
  }

  readonly #receive = (packet: Packet): void => {
    this.#observer?.packet(this.connection, 'in', packet);
    this.#events.packet(this, packet);
  };

  #write(bytes: Uint8Array): void {
    if (this.#congested) this.#backlog += bytes.length;
    if (!this.#transport.write(bytes) && !this.#congested) {
      this.#congested = true;
      this.#events.congested(this);
    }
    if (this.#backlog > BACKLOG_MAXIMUM) this.#transport.pause();
  }

  #drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    if (this.#backlog > BACKLOG_MAXIMUM) this.#transport.resume();
    this.#backlog = 0;
    this.#events.drained(this);
  }

  #gone(error: Error | undefined): void {
    const byClient = this.#ending === 'no';
    this.#ending = 'ended';
    if (byClient) this.#observer?.closed(this.connection, 'client', error);
    this.#events.closed(this);
  }
}
