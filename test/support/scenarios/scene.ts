// The stage of one scenario: a scripted server, virtual time, and the client under test.
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConnackProperties, Packet, PacketType } from '../../../src/packets/packet.js';
import { type Cut, type PacketOf, type PeerConnection, ScriptedPeer } from '../scripted-peer.js';
import type { Subject, SubjectClient, SubjectOptions } from './subject.js';

/** What a client did against the scenario, in a few words. */
export class Fact extends Error {}

export function must(condition: boolean, fact: string): asserts condition {
  if (!condition) throw new Fact(fact);
}

export class Scene {
  readonly subject: Subject;
  readonly #script: ScriptedPeer;
  readonly #clients: SubjectClient[] = [];

  constructor(subject: Subject, cut: Cut) {
    this.subject = subject;
    this.#script = new ScriptedPeer(cut);
  }

  get clock() {
    return this.#script.clock;
  }

  /** How many connections the client asked for. */
  get attempts(): number {
    return this.#script.attempts;
  }

  /** Starts a client; nothing is waited for. */
  open(options: SubjectOptions = {}): SubjectClient {
    const { clock, random } = this.#script.deterministic;
    const client = this.subject.open(() => this.#script.dial(), clock, random, { clientId: 'c', ...options });
    this.#clients.push(client);
    return client;
  }

  /** A client whose CONNECT was read and not answered. */
  async opening(options: SubjectOptions = {}): Promise<{ client: SubjectClient; peer: Peer }> {
    const client = this.open(options);
    const peer = await this.next();
    await peer.expect('connect');
    return { client, peer };
  }

  /** A client that was let in. */
  async connected(
    options: SubjectOptions = {},
    properties?: ConnackProperties,
    sessionPresent = false,
  ): Promise<{ client: SubjectClient; peer: Peer }> {
    const { client, peer } = await this.opening(options);
    peer.accept(sessionPresent, properties);
    await this.settle();
    must(client.connecting.state === 'resolved', 'does not connect');
    return { client, peer };
  }

  /** The client's next connection, waited for as long as a minute. */
  async next(fact = 'opens no further connection'): Promise<Peer> {
    for (let waited = 0; ; waited += 100) {
      await this.settle();
      const connection = this.#script.opened();
      if (connection) return new Peer(connection, this);
      must(waited < 60_000, fact);
      await this.clock.advance(100);
    }
  }

  /** The client comes back, and is let in again. */
  async reconnected(
    sessionPresent: boolean,
    properties?: ConnackProperties,
  ): Promise<{ peer: Peer; connect: PacketOf<'connect'> }> {
    const peer = await this.next();
    const connect = await peer.expect('connect');
    peer.accept(sessionPresent, properties);
    return { peer, connect };
  }

  /** Nothing further is tried within ten minutes. */
  async noFurtherConnection(fact = 'connects again'): Promise<void> {
    const before = this.attempts;
    await this.clock.advance('10m');
    must(this.attempts === before, fact);
  }

  /** How often the process would have ended for want of a listener while `body` ran. */
  async crashesOf(body: () => Promise<void>): Promise<number> {
    let crashes = 0;
    const count = () => {
      crashes++;
    };
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const others = events.map((event) => process.listeners(event as 'uncaughtException')); // both are read alike
    for (const event of events) process.removeAllListeners(event).on(event, count);
    try {
      await body();
      await this.settle();
    } finally {
      for (const [n, event] of events.entries()) {
        process.removeAllListeners(event);
        for (const listener of others[n]!) process.on(event as 'uncaughtException', listener);
      }
    }
    return crashes;
  }

  /** Until everything that was set going has come to rest; time stands still. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 4; turns++) await turn();
  }

  /** Until it is so, for what goes over a real socket; ten minutes of the client's time pass meanwhile. */
  async until(condition: () => boolean): Promise<void> {
    for (let turns = 0; turns < 2_000 && !condition(); turns++) {
      await turn();
      if (turns % 20 === 0) await this.clock.advance(6_000);
    }
  }

  /** A server at another address, that only sees whether somebody sends CONNECT. */
  async elsewhere(script: (address: string, arrived: () => boolean) => Promise<void>): Promise<void> {
    let arrived = false;
    const server = createServer((socket) => {
      socket.on('error', () => undefined); // the client gives up when the script ends
      socket.once('data', (bytes: Uint8Array) => {
        arrived = bytes[0] === 0x10;
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    try {
      await script(`127.0.0.1:${port}`, () => arrived);
    } finally {
      server.close();
    }
  }

  async advance(duration: Parameters<ScriptedPeer['clock']['advance']>[0]): Promise<void> {
    await this.clock.advance(duration);
    await this.settle();
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.settle();
  }
}

/** The server's end of one connection. */
export class Peer {
  readonly #connection: PeerConnection;
  readonly #scene: Scene;
  readonly #inbox: Packet[] = [];

  constructor(connection: PeerConnection, scene: Scene) {
    this.#connection = connection;
    this.#scene = scene;
  }

  accept(sessionPresent = false, properties?: ConnackProperties): void {
    this.send({ type: 'connack', sessionPresent, reasonCode: 0, ...(properties && { properties }) });
  }

  send(...packets: Packet[]): void {
    this.#connection.send(...packets);
  }

  sendBytes(...bytes: number[]): void {
    this.#connection.sendBytes(...bytes);
  }

  ack(type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', packetId: number, reasonCode = 0): void {
    this.#connection.ack(type, packetId, reasonCode);
  }

  suback(packetId: number, ...reasonCodes: number[]): void {
    this.send({ type: 'suback', packetId, reasonCodes });
  }

  cut(): void {
    this.#connection.cut();
  }

  end(): void {
    this.#connection.end();
  }

  stopReading(): void {
    this.#connection.stopReading();
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  async received(): Promise<Packet[]> {
    await this.#read();
    return this.#inbox.splice(0);
  }

  /** The next packet, of this type and with these fields; `fact` is what else happened. */
  async expect<T extends PacketType>(
    type: T,
    fields: Partial<PacketOf<T>> = {},
    fact?: string,
  ): Promise<PacketOf<T>> {
    await this.#read();
    const packet = this.#inbox.shift();
    const name = type.toUpperCase();
    must(packet !== undefined, fact ?? `sends no ${name}${this.isClosed ? ', closes' : ''}`);
    must(packet.type === type, fact ?? `sends ${named(packet)} instead of ${name}`);
    for (const [field, wanted] of Object.entries(fields)) {
      const found = (packet as unknown as Record<string, unknown>)[field]; // a field of this packet type
      must(JSON.stringify(found) === JSON.stringify(wanted), fact ?? wrong(name, field, found, wanted));
    }
    return packet as PacketOf<T>; // its type was looked at above
  }

  async expectNothing(fact?: string): Promise<void> {
    const packets = await this.received();
    must(packets.length === 0, fact ?? `sends ${packets.map(named).slice(0, 3).join(', ')}`);
  }

  /** DISCONNECT with this code, then the end of the stream. */
  async expectDisconnect(...reasonCodes: number[]): Promise<void> {
    await this.#read();
    must(this.#inbox.length > 0 || this.isClosed, 'stays connected');
    must(this.#inbox.length > 0, 'closes without DISCONNECT');
    const { reasonCode } = await this.expect('disconnect');
    must(
      reasonCodes.includes(reasonCode),
      `sends DISCONNECT ${shown('reasonCode', reasonCode)} instead of ${shown('reasonCode', reasonCodes[0])}`,
    );
    await this.expectClosed();
  }

  async expectClosed(): Promise<void> {
    await this.expectNothing();
    must(this.isClosed, 'stays connected');
  }

  async #read(): Promise<void> {
    await this.#scene.settle();
    try {
      this.#inbox.push(...(await this.#connection.received()));
    } catch (error) {
      throw new Fact(
        `sends illegal MQTT: ${(error as Error).message.replace(/ breaks the protocol: /, ', ')}`,
      ); // the decoder throws errors only
    }
  }
}

export function named(packet: Packet): string {
  const code =
    'reasonCode' in packet && packet.reasonCode > 0 ? ` ${shown('reasonCode', packet.reasonCode)}` : '';
  return `${packet.type.toUpperCase()}${code}${packet.type === 'publish' && packet.duplicate ? ' (DUP)' : ''}`;
}

function wrong(packet: string, field: string, found: unknown, wanted: unknown): string {
  if (field === 'duplicate') return wanted ? 'resends without DUP' : 'sends DUP on a first transmission';
  return `sends ${packet} with ${field} ${shown(field, found)} instead of ${shown(field, wanted)}`;
}

function shown(name: string, value: unknown): string {
  return name === 'reasonCode' && typeof value === 'number'
    ? `0x${value.toString(16).padStart(2, '0').toUpperCase()}`
    : (JSON.stringify(value) ?? 'absent');
}
