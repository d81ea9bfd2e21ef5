import type { Connection, LinkView } from '../../broker/index.js';
import { encodePacket } from '../../packets/index.js';
import type { Packet, ProtocolVersion } from '../../packets/packet.js';
import type { Transport } from '../../transports/index.js';
import type { Line } from '../transcript.js';
import { Announcements } from './announcements.js';
import { Frames } from './frames.js';
import { Lane } from './lane.js';
import type { Network } from './network.js';
import { incoming, outgoing } from './passages.js';
import type { Script } from './script.js';
import { type Passage, treat } from './treat.js';
import { type Treatment, treatmentOf } from './treatment.js';

/** Bytes on their way to the client from which on the broker feels that it does not read, as with a socket. */
const HIGH_WATER_MARK = 65_536;
/** Bytes on their way to the broker from which on nothing more is read from the client. */
const READ_AHEAD = 1_048_576;
/** Milliseconds that a client has to close its end of a connection that a fault ended. */
const LINGER = 5_000;

/**
 * The broker's end of one connection, on which a test's faults happen. As on TCP, order stays: what comes behind a packet that is held waits
 * behind it, the end of the connection too. Until a fault is scripted, everything goes through untouched.
 */
export class Wire implements Transport {
  readonly kind: Transport['kind'];
  readonly freshChunks: boolean;
  readonly #inner: Transport;
  readonly #link: LinkView;
  readonly #network: Network;
  readonly #in: Lane;
  readonly #out: Lane;
  #onBytes: (chunk: Uint8Array) => void = () => undefined;
  #onClose: (error?: Error) => void = () => undefined;
  #onDrain: () => void = () => undefined;
  #incoming: Frames | undefined;
  #outgoing: Frames | undefined;
  readonly #announced = new Announcements();
  /** The client identifier of a CONNECT that the broker may never see. */
  #claimed = '';
  #note: string | undefined;
  #isClosing = false;
  #isClosed = false;
  #endedBy: string | undefined;
  #innerIsFull = false;
  #isPaused = false;
  #isReading = true;
  /** Ends the time in which one side reads slowly. */
  readonly #slow: { broker?: () => void; client?: () => void } = {};
  #cancelLinger: (() => void) | undefined;

  constructor(inner: Transport, link: LinkView, network: Network) {
    this.#inner = inner;
    this.#link = link;
    this.#network = network;
    this.kind = inner.kind;
    this.freshChunks = inner.freshChunks === true;
    this.#in = new Lane(network.clock, () => this.#setReading());
    this.#out = new Lane(network.clock, () => this.#drained());
  }

  get connection(): Connection {
    return this.#link.connection;
  }

  get clientId(): string {
    return this.connection.clientId || this.#claimed;
  }

  /** What a fault did to the packet that the broker is reading at the moment. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Which fault ended the connection; undefined if none did. */
  get endedBy(): string | undefined {
    return this.#endedBy;
  }

  /** Whether a packet is held here. */
  get isHolding(): boolean {
    return this.#in.isHolding || this.#out.isHolding;
  }

  /** Whether what the client wrote waits in its transport, because the broker reads slowly. */
  get isSlow(): boolean {
    return this.#slow.broker !== undefined;
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#onBytes = onBytes;
    this.#onClose = onClose;
    this.#network.opened(this);
    this.#inner.start(
      (chunk) => {
        const { script } = this.#network;
        if (script === undefined) onBytes(chunk);
        else this.#came(chunk, script);
      },
      (error) => {
        this.#cancelLinger?.();
        this.#in.add(() => this.#tellClosed(error));
      },
    );
  }

  write(bytes: Uint8Array): boolean {
    const { script } = this.#network;
    if (script === undefined) return this.#inner.write(bytes);
    if (this.#isClosing) return true;
    this.#outgoing ??= new Frames({ receiver: 'client', protocolVersion: this.connection.version });
    this.#outgoing.push(bytes, (frame, packet) => {
      if (packet === undefined) this.#out.add(() => this.send(frame), { bytes: frame.length });
      else this.#leaves(frame, packet, this.#announced.take(packet), script);
    });
    if (this.#slow.client !== undefined && this.#out.isHolding) return false;
    return !this.#innerIsFull && this.#out.heldBytes < HIGH_WATER_MARK;
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
    this.#inner.onDrain(() => {
      this.#innerIsFull = false;
      this.#drained();
    });
  }

  pause(): void {
    this.#isPaused = true;
    this.#setReading();
  }

  resume(): void {
    this.#isPaused = false;
    this.#setReading();
  }

  close(error?: Error): void {
    if (error === undefined && this.#isClosing) return;
    this.#isClosing = true;
    if (error === undefined) {
      this.#out.add(() => this.#inner.close());
      return;
    }
    this.#out.drop();
    this.#in.drop();
    this.#out.add(() => this.#inner.close(error));
  }

  /** The broker has written this packet; its bytes come at the end of the event. */
  announce(line: Line): void {
    this.#announced.add(line);
  }

  /** Nothing comes through in either direction before this time. */
  divide(until: number): void {
    this.#in.block('partition', until);
    this.#out.block('partition', until);
  }

  unite(): void {
    this.#out.unblock('partition');
    this.#in.unblock('partition');
  }

  /** Everything that is held comes through. */
  release(): void {
    this.#slow.broker?.();
    this.#slow.client?.();
    this.#out.release();
    this.#in.release();
  }

  /** Says something that the broker knows nothing of. */
  answer(packet: Packet, version: ProtocolVersion, then: 'go on' | 'then end'): void {
    const line = this.#network.transcript.packet(this, 'B→C', packet);
    this.#leaves(encodePacket(packet, version), packet, line, this.#network.arm());
    if (then === 'then end') this.#out.add(() => this.end('refused'));
  }

  /** Gives bytes to the broker; `note` is about the packet that they are. */
  hand(bytes: Uint8Array, note?: string): void {
    if (this.#isClosed) return;
    this.#note = note;
    this.#onBytes(bytes);
    this.#note = undefined;
  }

  /** Gives bytes to the client. */
  send(bytes: Uint8Array): void {
    if (!this.#inner.write(bytes)) this.#innerIsFull = true;
  }

  /** For a while one side does not read. */
  slowDown(reader: 'broker' | 'client', ms: number): void {
    const lane = reader === 'broker' ? this.#in : this.#out;
    lane.block('slowness', this.#network.clock.now() + ms);
    this.#slow[reader]?.();
    const over = () => {
      cancel();
      delete this.#slow[reader];
      this.#setReading();
    };
    const cancel = this.#network.clock.setTimer(ms, over, 'background');
    this.#slow[reader] = over;
    this.#setReading();
  }

  /** The connection ends by a fault: for the broker at once, for the client behind what it was sent. */
  end(how: string, disconnection?: Treatment['disconnection']): void {
    if (this.#endedBy !== undefined || this.#isClosed) return;
    const { transcript, clock } = this.#network;
    const { phase, version } = this.connection;
    this.#endedBy = how;
    this.#isClosing = true;
    this.#in.drop();
    this.#out.drop();
    if (disconnection?.reasonCode !== undefined && version === 5 && phase === 'open') {
      const { reasonCode, reasonString } = disconnection;
      const properties = reasonString === undefined ? {} : { properties: { reasonString } };
      const packet: Packet = { type: 'disconnect', reasonCode, ...properties };
      transcript.packet(this, 'B→C', packet);
      this.send(encodePacket(packet, version));
    }
    this.#inner.close();
    const cut = () => this.#inner.close(new Error('The client did not close its end.'));
    this.#cancelLinger = clock.setTimer(LINGER, cut, 'background');
    queueMicrotask(() => this.#tellClosed());
  }

  #came(chunk: Uint8Array, script: Script): void {
    if (this.#endedBy !== undefined) return;
    this.#incoming ??= this.#beginReading();
    this.#incoming.push(chunk, (frame, packet) => {
      if (packet === undefined) this.#in.add(() => this.hand(frame), { bytes: frame.length });
      else this.#arrives(frame, packet, script);
    });
    this.#setReading();
  }

  /** The broker's decoder may be in the middle of a packet: that one goes through as it is. */
  #beginReading(): Frames {
    const { maximumPacketSize } = this.#network;
    const { clientVersion, unread } = this.#link;
    const known = clientVersion === undefined ? {} : { protocolVersion: clientVersion };
    return new Frames({ receiver: 'server', maximumPacketSize, ...known }, unread);
  }

  #arrives(frame: Uint8Array, packet: Packet, script: Script): void {
    if (packet.type === 'connect') this.#claimed = packet.clientId;
    const version = packet.type === 'connect' ? packet.protocolVersion : this.connection.version;
    const passage = incoming(this, this.#network, frame, packet, version);
    if (this.#endedBy !== undefined) {
      // A fault at a packet before it in the same bytes: no other one strikes what is gone with the connection.
      passage.instead(undefined, 'gone with the connection');
      return;
    }
    const treatment = treatmentOf(script.judge(packet, 'client', this.clientId, version));
    this.#schedule(this.#in, frame, treatment, passage);
  }

  #leaves(frame: Uint8Array, packet: Packet, line: Line | undefined, script: Script): void {
    const { version } = this.connection;
    const passage = outgoing(this, this.#network, frame, packet, line);
    if (this.#endedBy !== undefined) {
      passage.instead(undefined, 'gone with the connection'); // as above
      return;
    }
    const treatment = treatmentOf(script.judge(packet, 'broker', this.clientId, version));
    this.#schedule(this.#out, frame, treatment, passage);
  }

  #schedule(lane: Lane, frame: Uint8Array, treatment: Treatment, passage: Passage): void {
    const held = this.#network.holds();
    const go = () => {
      if (this.#endedBy === undefined) treat(frame, treatment, held, passage, this.#network.random);
    };
    lane.add(go, { bytes: frame.length, delay: treatment.delay });
  }

  #setReading(): void {
    const isReading = !this.#isPaused && this.#slow.broker === undefined && this.#in.heldBytes < READ_AHEAD;
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    if (isReading) this.#inner.resume();
    else this.#inner.pause();
  }

  #drained(): void {
    if (!this.#innerIsFull && !this.#out.isHolding) this.#onDrain();
  }

  #tellClosed(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#slow.broker?.();
    this.#slow.client?.();
    this.#network.closed(this);
    this.#onClose(error);
  }
}
