import type { AckPacket } from '../../packets/packet.js';
import type { BrokerLimits } from '../settings.js';
import type { Connection } from './connection.js';
import { type Copy, copySize, endCopy, fateOf, isMovable, publishPacket } from './copy.js';
import { Fifo } from './fifo.js';
import { expiresAt, isExpired, ownPayload } from './message.js';
import type { SharedGroup } from './shared-group.js';

const LAST_PACKET_ID = 65_535;

/** What an acknowledgement meant: 'unknown' names no message of ours, 'wrong' is not the packet that was due. */
type AckVerdict = 'taken' | 'unknown' | 'wrong';

/**
 * The messages on their way to one session, in order: those that wait, and those in flight with their packet identifiers.
 * Sends no more at QoS 1 and 2 than the client's Receive Maximum [MQTT-3.3.4-9]; both halves of QoS 2 count.
 */
export class Outbound {
  readonly #limits: BrokerLimits;
  readonly #waiting = new Fifo<Copy>();
  /** QoS 0 waits only for a slow connection, never for the window. */
  readonly #waitingQoS0 = new Fifo<Copy>();
  /** In the order in which PUBLISH, then PUBREL, was first sent: the order of sending again. */
  readonly #inFlight = new Map<number, Copy>();
  /** In flight from an earlier connection and not yet sent again on this one. */
  #resend = new Fifo<Copy>();
  #unacknowledged = 0;
  #waitingBytes = 0;
  #inFlightBytes = 0;
  /** No waiting copy expires before. */
  #nextExpiry = Number.POSITIVE_INFINITY;
  #lastPacketId = 0;
  #dropped = 0;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  get queued(): number {
    return this.#waiting.size + this.#waitingQoS0.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** What waits to be sent, QoS 0 last. */
  get waitingCopies(): readonly Copy[] {
    return [...this.#waiting, ...this.#waitingQoS0];
  }

  /** What is in flight, in the order in which it would be sent again. */
  get copiesInFlight(): readonly Copy[] {
    return [...this.#inFlight.values()];
  }

  /** Bytes of the messages that wait, as `messageSize` counts them. */
  get queuedBytes(): number {
    return this.#waitingBytes;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Messages that the limits of the queue cost this session. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends the copy, or lets it wait its turn. False if it can do neither: then the copy has ended. */
  offer(copy: Copy, connection: Connection | undefined, now: number): boolean {
    if (copy.qos === 0) {
      if (connection === undefined) {
        endCopy(copy, 'offline');
        return false;
      }
      if (connection.congested || this.#waitingQoS0.size > 0) return this.#wait(this.#waitingQoS0, copy, now);
      return this.#sendNew(copy, connection, now);
    }
    // With room left, nobody waits: `pump` has seen to that.
    if (connection !== undefined && this.#hasRoom(connection)) return this.#sendNew(copy, connection, now);
    return this.#wait(this.#waiting, copy, now);
  }

  /** A connection took up the session: everything unfinished goes out again, in its old order [MQTT-4.4.0-1]. */
  resume(connection: Connection, now: number): void {
    for (const copy of this.#inFlight.values()) {
      copy.onThisConnection = false;
      if (copy.phase !== 'released') {
        this.#resend.push(copy);
        continue;
      }
      this.#occupy(copy);
      connection.send({ type: 'pubrel', packetId: copy.packetId, reasonCode: 0 });
    }
    this.pump(connection, now);
  }

  /** The connection is gone: what only waited for it is gone too. */
  suspend(): void {
    for (const copy of this.#waitingQoS0.extract(() => true)) {
      this.#waitingBytes -= copySize(copy);
      endCopy(copy, 'offline');
    }
    // What is in flight waits from here on.
    for (const { message } of this.#inFlight.values()) ownPayload(message);
    this.#resend = new Fifo();
    this.#unacknowledged = 0;
  }

  /** Sends what the window and the connection have room for. */
  pump(connection: Connection, now: number): void {
    while (this.#resend.size > 0 && this.#hasRoom(connection)) this.#sendAgain(connection, now);
    while (this.#waiting.size > 0 && this.#hasRoom(connection))
      this.#sendWaiting(this.#waiting, connection, now);
    while (this.#waitingQoS0.size > 0 && !connection.congested) {
      this.#sendWaiting(this.#waitingQoS0, connection, now);
    }
  }

  puback(packet: AckPacket, connection: Connection, now: number): AckVerdict {
    const copy = this.#inFlight.get(packet.packetId);
    if (copy === undefined) return 'unknown';
    if (copy.qos !== 1) return 'wrong';
    this.#finish(copy, packet, connection, now);
    return 'taken';
  }

  /** The first half of QoS 2: answered with PUBREL unless the code refuses the message. */
  pubrec(packet: AckPacket, connection: Connection, now: number): AckVerdict {
    const copy = this.#inFlight.get(packet.packetId);
    if (copy === undefined) return 'unknown';
    if (copy.qos !== 2) return 'wrong';
    if (packet.reasonCode >= 0x80 && copy.phase === 'sent') {
      this.#finish(copy, packet, connection, now);
      return 'taken';
    }
    if (copy.phase === 'sent') {
      copy.phase = 'released';
      copy.message.trace?.acknowledged(copy, packet);
      // PUBRELs go again in the order in which the PUBRECs came, as those of a client must [MQTT-4.6.0-4].
      this.#inFlight.delete(copy.packetId);
      this.#inFlight.set(copy.packetId, copy);
      if (!copy.onThisConnection) this.#occupy(copy);
    }
    connection.send({ type: 'pubrel', packetId: packet.packetId, reasonCode: 0 });
    return 'taken';
  }

  pubcomp(packet: AckPacket, connection: Connection, now: number): AckVerdict {
    const copy = this.#inFlight.get(packet.packetId);
    if (copy === undefined) return 'unknown';
    if (copy.phase !== 'released') return 'wrong';
    this.#finish(copy, packet, connection, now);
    return 'taken';
  }

  /**
   * Takes out the copies that came through one of these groups, for another member of it: those never sent, and with 'unacknowledged', for a
   * connection that is gone, those sent at QoS 1 too. What was sent at QoS 2 stays [MQTT-4.8.2-4], and so does what expired: nobody will get it.
   */
  handOver(groups: ReadonlySet<SharedGroup>, which: 'unsent' | 'unacknowledged', now: number): Copy[] {
    const isMoving = (copy: Copy) =>
      copy.group !== undefined && groups.has(copy.group) && isMovable(copy, now);
    const moving: Copy[] = [];
    if (which === 'unacknowledged') {
      for (const copy of this.#inFlight.values()) if (isMoving(copy)) moving.push(copy);
      for (const copy of moving) this.#land(copy);
    }
    for (const queue of [this.#waiting, this.#waitingQoS0]) {
      for (const copy of queue.extract(isMoving)) {
        this.#waitingBytes -= copySize(copy);
        moving.push(copy);
      }
    }
    for (const copy of moving) endCopy(copy, 'reassigned');
    return moving;
  }

  /**
   * The session is over, and out of its shared groups. Returns the copies that another member of their group should get: those
   * never sent, and QoS 1; what was sent at QoS 2 goes to nobody else [MQTT-4.8.2-5], nor does what expired meanwhile.
   */
  end(now: number): Copy[] {
    const all = [...this.#inFlight.values(), ...this.#waiting, ...this.#waitingQoS0];
    const orphans: Copy[] = [];
    for (const copy of all) {
      const how = fateOf(copy, now);
      if (how === 'reassigned') orphans.push(copy);
      endCopy(copy, how);
    }
    this.#inFlight.clear();
    this.#waiting.extract(() => true);
    this.#waitingQoS0.extract(() => true);
    this.#resend = new Fifo();
    this.#waitingBytes = 0;
    this.#inFlightBytes = 0;
    this.#unacknowledged = 0;
    return orphans;
  }

  #hasRoom(connection: Connection): boolean {
    if (connection.congested || this.#unacknowledged >= connection.receiveMaximum) return false;
    // What is sent again is in flight already.
    if (this.#resend.size > 0 || this.#inFlight.size === 0) return true;
    return this.#inFlight.size < LAST_PACKET_ID && this.#inFlightBytes < this.#limits.queuedBytes;
  }

  #wait(queue: Fifo<Copy>, copy: Copy, now: number): boolean {
    const size = copySize(copy);
    if (this.#isFullFor(size)) this.#forgetExpired(now);
    // What may be lost makes room for what may not.
    while (copy.qos > 0 && this.#waitingQoS0.size > 0 && this.#isFullFor(size))
      this.#drop(this.#shift(this.#waitingQoS0));
    if (this.#isFullFor(size)) {
      this.#drop(copy);
      return false;
    }
    ownPayload(copy.message);
    this.#waitingBytes += size;
    this.#nextExpiry = Math.min(this.#nextExpiry, expiresAt(copy.message));
    queue.push(copy);
    return true;
  }

  /** What nobody will get any more must not keep out what somebody will [MQTT-3.3.2-5]. */
  #forgetExpired(now: number): void {
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const queue of [this.#waiting, this.#waitingQoS0]) {
      for (const copy of queue.extract(({ message }) => isExpired(message, now))) {
        this.#waitingBytes -= copySize(copy);
        endCopy(copy, 'expired');
      }
      for (const { message } of queue) this.#nextExpiry = Math.min(this.#nextExpiry, expiresAt(message));
    }
  }

  #isFullFor(size: number): boolean {
    return this.queued >= this.#limits.queuedMessages || this.#waitingBytes + size > this.#limits.queuedBytes;
  }

  #drop(copy: Copy): void {
    this.#dropped += 1;
    endCopy(copy, 'queue-full');
  }

  /** The callers ask for the size first. */
  #shift(queue: Fifo<Copy>): Copy {
    const copy = queue.shift() as Copy;
    this.#waitingBytes -= copySize(copy);
    return copy;
  }

  #sendWaiting(queue: Fifo<Copy>, connection: Connection, now: number): void {
    const copy = this.#shift(queue);
    if (isExpired(copy.message, now)) return void endCopy(copy, 'expired');
    this.#sendNew(copy, connection, now);
  }

  #sendNew(copy: Copy, connection: Connection, now: number): boolean {
    if (copy.qos > 0) {
      copy.packetId = this.#freePacketId();
      copy.phase = 'sent';
    }
    const packet = publishPacket(copy, false, connection.version === 5, now);
    const { outboundAliases } = connection;
    const isSent =
      outboundAliases === undefined ? connection.send(packet) : outboundAliases.send(packet, connection);
    if (!isSent) {
      endCopy(copy, 'too-large');
      return false;
    }
    if (copy.qos > 0) {
      this.#inFlight.set(copy.packetId, copy);
      this.#inFlightBytes += copySize(copy);
      this.#occupy(copy);
    }
    copy.message.trace?.sent(copy);
    if (copy.qos === 0) endCopy(copy, 'sent');
    return true;
  }

  #sendAgain(connection: Connection, now: number): void {
    const copy = this.#resend.shift() as Copy;
    if (copy.phase === 'ended' || copy.onThisConnection) return;
    // With its topic: what is sent again depends on nothing that went before it.
    if (!connection.send(publishPacket(copy, true, connection.version === 5, now))) {
      this.#land(copy);
      return void endCopy(copy, 'too-large');
    }
    this.#occupy(copy);
    copy.message.trace?.sent(copy);
  }

  #occupy(copy: Copy): void {
    copy.onThisConnection = true;
    this.#unacknowledged += 1;
  }

  #finish(copy: Copy, packet: AckPacket, connection: Connection, now: number): void {
    this.#land(copy);
    if (copy.onThisConnection) this.#unacknowledged -= 1;
    copy.message.trace?.acknowledged(copy, packet);
    endCopy(copy, 'acknowledged');
    if (this.#waiting.size > 0 || this.#resend.size > 0) this.pump(connection, now);
  }

  #land(copy: Copy): void {
    this.#inFlight.delete(copy.packetId);
    this.#inFlightBytes -= copySize(copy);
  }

  #freePacketId(): number {
    do {
      this.#lastPacketId = this.#lastPacketId === LAST_PACKET_ID ? 1 : this.#lastPacketId + 1;
    } while (this.#inFlight.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
