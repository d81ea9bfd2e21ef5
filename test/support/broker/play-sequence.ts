import type { BrokerPolicy, BrokerUsage } from '../../../src/broker/index.js';
import { resolveSettings, type Settings } from '../../../src/broker/settings.js';
import type { Packet, PublishPacket } from '../../../src/packets/packet.js';
import { FakeBroker } from '../../../src/testing/fake-broker.js';
import { VirtualClock } from '../../../src/time/index.js';
import { memoryTransportPair, type Transport } from '../../../src/transports/index.js';
import type { Step } from './random-steps.js';
import { SuspiciousClient } from './suspicious-client.js';

/** What sequences are made of, so that somebody can look whether they reach what they should. */
export interface Tally {
  steps: number;
  connections: number;
  /** Packets that the broker sent and clients read, by what they are: `publish`, `disconnect 0x82`. */
  readonly answers: Map<string, number>;
}

/**
 * Plays a sequence on a new broker and throws the first thing that must not be: an exception in the broker, a packet that our own strict
 * decoder refuses or that breaks what the client was promised, more memory than the limits, something left behind at the end.
 */
export async function playSequence(
  policy: BrokerPolicy,
  steps: readonly Step[],
  tally?: Tally,
): Promise<void> {
  const play = new Play(policy, tally);
  for (const [index, step] of steps.entries()) {
    // Who waits or answers has seen what came; otherwise things happen at the same time, a few of them.
    const isLate = step.do === 'wait' || step.do === 'acknowledge' || index % 3 === 0;
    if (isLate) await play.settle(step.do === 'wait' ? step.ms : undefined);
    play.take(step);
  }
  await play.end();
}

class Play {
  readonly #clock = new VirtualClock();
  readonly #broker: FakeBroker;
  readonly #settings: Settings;
  readonly #tally: Tally | undefined;
  readonly #all: SuspiciousClient[] = [];
  readonly #places: (SuspiciousClient | undefined)[] = [];
  #thrown: unknown;

  constructor(policy: BrokerPolicy, tally: Tally | undefined) {
    this.#settings = resolveSettings(policy);
    this.#broker = new FakeBroker({ clock: this.#clock, memory: 50, ...policy });
    this.#tally = tally;
  }

  take(step: Step): void {
    if (this.#tally) this.#tally.steps += 1;
    switch (step.do) {
      case 'connect':
        this.#open(step.who, step.version, step.cut).send(step.packet);
        return;
      case 'open':
        this.#open(step.who, 5, 0);
        return;
      case 'publish':
        return void this.#publish(step.packet as PublishPacket); // the only packet that such a step has
      case 'wait':
        return;
      default:
        return void act(step, this.#someone(step.who));
    }
  }

  /** Everything that is on its way arrives; time passes if it should. */
  async settle(ms?: number): Promise<void> {
    if (ms === undefined) await this.#clock.settle();
    else await this.#clock.advance(ms);
    if (this.#thrown !== undefined) throw this.#thrown;
    for (const { violation } of this.#all) if (violation !== undefined) throw violation;
    refuseExcess(this.#broker.usage, this.#settings);
  }

  async end(): Promise<void> {
    for (const client of this.#all) client.resume();
    await this.settle();
    await this.#broker.close();
    await this.settle();
    const { sessions, ...usage } = this.#broker.usage;
    const left = {
      ...usage,
      sessions: sessions.length,
      timers: this.#clock.pendingTimers,
      clients: this.#all.filter(({ isClosed }) => !isClosed).length,
    };
    if (Object.values(left).some((count) => count !== 0))
      throw new Error(`The broker is closed and left behind: ${JSON.stringify(left)}`);
  }

  #open(who: number, version: 4 | 5, cut: number): SuspiciousClient {
    const pieces = (bytes: Uint8Array) => (cut === 0 ? [bytes] : cutInto(bytes, cut));
    const [near, far] = memoryTransportPair({ cut: pieces });
    const client = new SuspiciousClient(
      near,
      version,
      this.#settings.version === 4 ? 4 : undefined,
      (packet) => this.#count(packet),
    );
    this.#broker.attach(guarded(far, (error) => (this.#thrown ??= error)));
    this.#places[who] = client;
    this.#all.push(client);
    if (this.#tally) this.#tally.connections += 1;
    return client;
  }

  /** Of those that are connected. */
  #someone(who: number): SuspiciousClient | undefined {
    const connected = this.#places.filter((client) => client !== undefined && !client.isClosed);
    return connected[who % connected.length];
  }

  #publish({ topic, payload, qos, retain }: PublishPacket): void {
    try {
      this.#broker.publish({ topic, payload, qos, retain });
    } catch {
      // The host's own mistake, told as documented: an illegal topic, more than the capabilities, no room to retain.
    }
  }

  #count(packet: Packet): void {
    if (this.#tally === undefined) return;
    const { answers } = this.#tally;
    const code = 'reasonCode' in packet ? ` 0x${packet.reasonCode.toString(16).padStart(2, '0')}` : '';
    const what = packet.type === 'suback' ? packet.reasonCodes.map((c) => `suback 0x${c.toString(16)}`) : [];
    for (const name of what.length > 0 ? what : [packet.type + code])
      answers.set(name, (answers.get(name) ?? 0) + 1);
  }
}

function act(
  step: Exclude<Step, { do: 'connect' | 'open' | 'publish' | 'wait' }>,
  client: SuspiciousClient | undefined,
): void {
  if (client === undefined) return;
  switch (step.do) {
    case 'send':
      // From all others AUTH is a violation, which one kind of random packet is enough for.
      if (step.packet.type === 'auth' && !client.authenticates) return;
      return void client.send(step.packet);
    case 'garble': {
      const bytes = client.encoded(step.packet);
      if (bytes === undefined) return;
      const garbled = bytes.slice(0, Math.max(1, step.end));
      garbled[step.at % garbled.length] = step.byte;
      return void client.write(garbled);
    }
    case 'bytes':
      return void client.write(step.bytes);
    case 'acknowledge':
      return void client.acknowledge(step.reasonCode);
    default:
      return void client[step.do]();
  }
}

/** Throws if the broker holds more than its limits allow. */
function refuseExcess(usage: BrokerUsage, { limits, capabilities }: Settings): void {
  atMost('connections', usage.connections, limits.connections);
  atMost('sessions', usage.sessions.length, limits.sessions);
  atMost('deadlines', usage.deadlines, usage.connections + 2 * usage.sessions.length);
  atMost('retained messages', usage.retainedMessages, limits.retainedMessages);
  atMost('retained bytes', usage.retainedBytes, limits.retainedBytes);
  for (const session of usage.sessions) {
    const { queuedMessages, inFlightMessages } = session;
    atMost('subscriptions of a session', session.subscriptions, limits.subscriptionsPerSession);
    atMost('bytes of filters', session.subscriptionBytes, limits.subscriptionBytesPerSession);
    atMost('queued messages', queuedMessages, limits.queuedMessages);
    atMost('queued bytes', session.queuedBytes, queuedMessages === 0 ? 0 : limits.queuedBytes);
    atMost('messages in flight', inFlightMessages, 65_535);
    // One message goes out, however large it is.
    const flight = inFlightMessages === 0 ? 0 : limits.queuedBytes + capabilities.maximumPacketSize;
    atMost('bytes in flight', session.inFlightBytes, flight);
    atMost('unreleased messages', session.unreleased, 65_535);
  }
}

function atMost(what: string, is: number, limit: number): void {
  if (is < 0 || is > limit) throw new Error(`The broker holds ${is} ${what}; the limit is ${limit}.`);
}

/** Headers and properties are in front: behind them, pieces would only cost time. */
function cutInto(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (; at < bytes.length && at < 70; at += size) pieces.push(bytes.subarray(at, at + size));
  if (at < bytes.length) pieces.push(bytes.subarray(at));
  return pieces;
}

/** The broker's end of a connection; what the broker throws at it is handed on, not to the process. */
function guarded(transport: Transport, onError: (error: unknown) => void): Transport {
  const guard =
    <Words extends unknown[]>(callback: (...words: Words) => void) =>
    (...words: Words) => {
      try {
        callback(...words);
      } catch (error) {
        onError(error);
      }
    };
  return {
    kind: transport.kind,
    freshChunks: transport.freshChunks === true,
    start: (onBytes, onClose) => transport.start(guard(onBytes), guard(onClose)),
    write: (bytes) => transport.write(bytes),
    onDrain: (callback) => transport.onDrain(guard(callback)),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: (error) => transport.close(error),
  };
}
