import type { Connection, LinkView } from '../../broker/index.js';
import type { Packet } from '../../packets/packet.js';
import type { Clock, Random } from '../../time/index.js';
import type { Transport } from '../../transports/index.js';
import type { Line, Transcript } from '../transcript.js';
import type { Partition } from './partition.js';
import { Script } from './script.js';
import { Wire } from './wire.js';

/** The broker's own default. */
const DEFAULT_MAXIMUM_PACKET_SIZE = 1_048_576;

export interface NetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transcript: Transcript;
  /** Of a packet to the broker, in bytes. */
  readonly maximumPacketSize: number | undefined;
}

/** All connections of a broker, and what a test does to them. */
export class Network {
  readonly clock: Clock;
  readonly random: Random;
  readonly transcript: Transcript;
  readonly maximumPacketSize: number;
  readonly #wires = new Map<Connection, Wire>();
  readonly #duplicates: { readonly clientId: string; readonly topic: string }[] = [];
  #script: Script | undefined;
  #partition: Partition | undefined;
  #held = 0;
  #hanging = new Set<() => void>();

  constructor({ clock, random, transcript, maximumPacketSize }: NetworkOptions) {
    this.clock = clock;
    this.random = random;
    this.transcript = transcript;
    this.maximumPacketSize = maximumPacketSize ?? DEFAULT_MAXIMUM_PACKET_SIZE;
  }

  /** Undefined until the first fault is scripted. */
  get script(): Script | undefined {
    return this.#script;
  }

  /** From now on packets are looked at. */
  arm(): Script {
    this.#script ??= new Script();
    return this.#script;
  }

  /** How many packets, or attempts to connect, a fault ever struck. */
  get struck(): number {
    return (this.#script?.struck ?? 0) + this.#held;
  }

  /** Whether a packet or a connection waits for time to pass. */
  get isHolding(): boolean {
    return this.#hanging.size > 0 || this.#some((wire) => wire.isHolding);
  }

  /** Whether the broker reads slowly on some connection. */
  get isSlow(): boolean {
    return this.#some((wire) => wire.isSlow);
  }

  /** How many copies too many of PUBLISH packets on a topic went to a client. */
  duplicatesOf(clientId: string, topic: string): number {
    return this.#duplicates.filter((each) => each.clientId === clientId && each.topic === topic).length;
  }

  wrap(transport: Transport, link: LinkView): Wire {
    return new Wire(transport, link, this);
  }

  /** Of a connection that has not ended. */
  wireOf(connection: Connection): Wire | undefined {
    return this.#wires.get(connection);
  }

  /** The broker has seen a packet come, or written one. */
  saw(connection: Connection, line: Line): void {
    const wire = this.#wires.get(connection);
    if (line.way === 'B→C') wire?.announce(line);
    else line.note = wire?.note;
  }

  opened(wire: Wire): void {
    this.#wires.set(wire.connection, wire);
    if (this.#partition !== undefined) wire.divide(this.#partition.until);
  }

  closed(wire: Wire): void {
    // The broker may still ask for it while it hears of the end.
    queueMicrotask(() => this.#wires.delete(wire.connection));
  }

  duplicated(clientId: string, packet: Packet): void {
    if (packet.type === 'publish') this.#duplicates.push({ clientId, topic: packet.topic });
  }

  /** Why nothing goes through at the moment; counts that something should have. */
  holds(): string | undefined {
    if (this.#partition === undefined) return undefined;
    this.#held += 1;
    return this.#partition.holds();
  }

  get partition(): Partition | undefined {
    return this.#partition;
  }

  /** Nothing goes through until the partition is over. */
  divide(partition: Partition): void {
    this.#partition = partition;
    for (const wire of this.#wires.values()) wire.divide(partition.until);
  }

  /** The partition is over, unless another one has begun: what was sent comes through, and who waits to connect does. */
  unite(partition: Partition): void {
    if (this.#partition !== partition) return;
    this.#partition = undefined;
    this.transcript.event('the partition is over');
    for (const wire of [...this.#wires.values()]) wire.unite();
    const hanging = this.#hanging;
    this.#hanging = new Set();
    for (const goOn of hanging) goOn();
  }

  /** Everything that is held comes through, and a partition is over. */
  release(): void {
    this.#partition?.remove();
    for (const wire of [...this.#wires.values()]) wire.release();
  }

  /** Resolves when a connection can be opened: at once, or when the partition is over. Rejects with the signal's reason. */
  reachable(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.holds() === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const goOn = () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = () => {
        this.#hanging.delete(goOn);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#hanging.add(goOn);
    });
  }

  #some(test: (wire: Wire) => boolean): boolean {
    for (const wire of this.#wires.values()) if (test(wire)) return true;
    return false;
  }
}
