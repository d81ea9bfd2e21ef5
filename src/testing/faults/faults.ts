import type { ProtocolVersion } from '../../packets/packet.js';
import { isReasonCodeOf, type ReasonCode, reasonCodeName } from '../../packets/reason-codes.js';
import { type Duration, parseDuration } from '../../time/index.js';
import { type Effect, type Fault, PacketFault } from './fault.js';
import { ImpossibleFaultError } from './impossible-fault.js';
import type { Network } from './network.js';
import { checkMatch, matchText, type PacketMatch } from './packet-match.js';
import { Partition } from './partition.js';
import { checkRefusal, type RefusableMatch } from './refusal.js';

/** How a connection ends. */
export interface DisconnectFault {
  /**
   * 'before': the packet does not arrive. 'after': it does, and what the broker answers at once goes out too. Default 'before'.
   */
  readonly when?: 'before' | 'after';
  /** Of a DISCONNECT that says so to the client, MQTT 5 only. Default: the connection ends without a word. */
  readonly reasonCode?: ReasonCode;
  /** Of that DISCONNECT: only with `reasonCode`. */
  readonly reasonString?: string;
}

/**
 * What goes wrong, scripted by packet: never by chance, and by time only where a fault lasts. Each call tells how often its fault struck. Faults
 * that fit the same packet all strike. Where they contradict each other the first of these decides: disconnect before, lose, refuse, cut, corrupt, duplicate; of two of a kind,
 * the one scripted first. They are for all connections of the broker,
 * in memory and on `listen()`. A call that can never strike throws an ImpossibleFaultError, a length of time that is none a RangeError.
 */
export class Faults {
  readonly #network: Network;
  readonly #version: ProtocolVersion | undefined;
  #scripted: Fault[] = [];

  /** Made by FakeBroker. `version` is that of a broker that speaks only one. */
  constructor(network: Network, version: ProtocolVersion | undefined) {
    this.#network = network;
    this.#version = version;
  }

  /** Everything that was scripted since the last `clear()`, in order. */
  get scripted(): readonly Fault[] {
    return this.#scripted;
  }

  /** Of these, what has never struck: a test that ends with one did not test what it meant to. */
  get unstruck(): readonly Fault[] {
    return this.#scripted.filter(({ struck }) => struck === 0);
  }

  /** How many PUBLISH packets on a topic went to a client once more than the broker sent them. */
  duplicatesOf(clientId: string, topic: string): number {
    return this.#network.duplicatesOf(clientId, topic);
  }

  /** Ends the connection at a packet. To the broker the client is lost: its will goes out. */
  disconnect(when: PacketMatch, options: DisconnectFault = {}): Fault {
    const { when: moment = 'before', reasonCode, reasonString } = options;
    const what = this.#call('disconnect', when);
    if (reasonString !== undefined && reasonCode === undefined) {
      throw new ImpossibleFaultError(`${what}: a reasonString goes with a reasonCode. Give that too.`);
    }
    if (reasonCode !== undefined) this.#checkDisconnect(what, when, moment, reasonCode);
    return this.#add(what, when, { does: 'disconnect', when: moment, reasonCode, reasonString });
  }

  /**
   * Answers a packet of a client with this code, and the broker does not act on it: CONNECT, SUBSCRIBE (every filter), UNSUBSCRIBE, PUBLISH at
   * QoS 1 or 2. Codes are those of MQTT 5.0, 2.4. On MQTT 3.1.1 a CONNECT gets the return code that says the same, if there is one, and
   * a SUBSCRIBE 0x80; what can't be refused there, or at QoS 0, goes by and does not count.
   */
  refuse(when: RefusableMatch, reasonCode: ReasonCode, options: { reasonString?: string } = {}): Fault {
    const what = this.#call('refuse', when);
    checkRefusal(what, when, reasonCode, this.#version);
    return this.#add(what, when, { does: 'refuse', reasonCode, reasonString: options.reasonString });
  }

  /** Delivers a packet twice, byte for byte. */
  duplicate(when: PacketMatch): Fault {
    return this.#add(this.#call('duplicate', when), when, { does: 'duplicate' });
  }

  /** Holds a packet for a while of the broker's clock. What comes behind it on its connection waits behind it, as on TCP. */
  delay(when: PacketMatch, duration: Duration): Fault {
    const ms = parseDuration(duration);
    return this.#add(this.#call('delay', when, `, ${shown(duration)}`), when, { does: 'delay', ms });
  }

  /** A packet never arrives, although the connection stands. */
  lose(when: PacketMatch): Fault {
    return this.#add(this.#call('lose', when), when, { does: 'lose' });
  }

  /** Changes one bit of a packet, chosen by the seed. `at` is the byte, from 0; beyond the end it is the last. Default: the seed chooses that too. */
  corrupt(when: PacketMatch, options: { at?: number } = {}): Fault {
    const what = this.#call('corrupt', when);
    return this.#add(what, when, { does: 'corrupt', at: place(what, options.at, 0) });
  }

  /** Ends the connection in the middle of a packet: after `at` bytes of it, but before its last. Default: where the seed says. */
  cut(when: PacketMatch, options: { at?: number } = {}): Fault {
    const what = this.#call('cut', when);
    return this.#add(what, when, { does: 'cut', at: place(what, options.at, 1) });
  }

  /**
   * From this packet on, one side does not read from the connection for a while of the broker's clock, so that the other side feels that it
   * can't write: `reader` is 'broker', the default, for the backpressure on a client, or 'client' for that on the broker, whose queue for it grows.
   */
  slow(when: PacketMatch, duration: Duration, options: { reader?: 'broker' | 'client' } = {}): Fault {
    const ms = parseDuration(duration);
    const { reader = 'broker' } = options;
    const what = this.#call('slow', when, `, ${shown(duration)}`);
    return this.#add(what, when, { does: 'slow', ms, reader });
  }

  /**
   * For a while of the broker's clock nothing goes through in either direction, not the end of a connection either. A new connection in memory
   * hangs; one over `listen()` opens, since the system accepts it, and gets no answer. Then it heals: what was sent comes through, if its connection still stands.
   */
  partition(duration: Duration): Fault {
    const { clock, transcript } = this.#network;
    const ms = parseDuration(duration);
    this.#network.arm();
    const end = () => {
      cancel();
      this.#network.unite(partition);
    };
    // A partition that is under way is not cut short by another one.
    const until = Math.max(clock.now() + ms, this.#network.partition?.until ?? 0);
    const cancel = clock.setTimer(until - clock.now(), end, 'background');
    const partition = new Partition(`partition(${shown(duration)})`, until, end);
    this.#scripted.push(partition);
    transcript.event(`a partition of ${ms} ms`);
    this.#network.divide(partition);
    return partition;
  }

  /** Forgets the script. What is held comes through at once, and a partition is over. */
  clear(): void {
    this.#scripted = [];
    this.#network.script?.clear();
    this.#network.release();
  }

  #call(method: string, when: PacketMatch, rest = ''): string {
    const what = `${method}(${matchText(when)}${rest})`;
    checkMatch(what, when);
    return what;
  }

  #add(description: string, when: PacketMatch, effect: Effect): Fault {
    const script = this.#network.arm();
    const fault = new PacketFault(description, { ...when }, effect, (removed) => script.remove(removed));
    script.add(fault);
    this.#scripted.push(fault);
    return fault;
  }

  #checkDisconnect(what: string, { cmd }: PacketMatch, moment: 'before' | 'after', code: ReasonCode): void {
    const refuse = (why: string): never => {
      throw new ImpossibleFaultError(`${what}: ${why}.`);
    };
    if (this.#version === 4)
      refuse(
        'the broker speaks MQTT 3.1.1 only, where no server sends a DISCONNECT. Leave the reason code out',
      );
    if (!isReasonCodeOf('disconnect', code, 'server'))
      refuse(
        `a server's DISCONNECT can't say 0x${code.toString(16).padStart(2, '0')} (${reasonCodeName(code)}). MQTT 5.0, 3.14.2.1 lists its codes`,
      );
    if ((cmd === 'connect' || cmd === 'connack') && moment === 'before')
      refuse('no DISCONNECT may come before CONNACK. Refuse the CONNECT, or leave the reason code out');
  }
}

function place(what: string, at: number | undefined, lowest: number): number | undefined {
  if (at === undefined || (Number.isSafeInteger(at) && at >= lowest)) return at;
  throw new ImpossibleFaultError(
    `${what}: { at: ${at} } is no place in a packet. Give a whole number from ${lowest}.`,
  );
}

function shown(duration: Duration): string {
  return typeof duration === 'string' ? `'${duration}'` : String(duration);
}
