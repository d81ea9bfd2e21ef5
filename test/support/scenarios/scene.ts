// The stage of one scenario: a scripted server, virtual time, and the client under test.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { encodePacket, PacketDecoder } from '../../../src/packets/index.js';
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
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** What the client does takes real time, on a disk. */
  #onDisk = false;

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
    this.#onDisk ||= options.store !== undefined;
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
    await this.rest(() => client.connecting.state !== 'pending');
    must(client.connecting.state === 'resolved', 'does not connect');
    return { client, peer };
  }

  /** The client's next connection, waited for as long as a minute. */
  async next(fact = 'opens no further connection'): Promise<Peer> {
    for (let waited = 0; ; waited += 100) {
      await this.rest(() => this.#script.hasOpened);
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
  settle(): Promise<void> {
    return this.rest(() => true);
  }

  /** The same, and where a disk is in the game, until `condition` holds too. */
  async rest(condition: () => boolean): Promise<void> {
    if (this.#onDisk) await this.until(condition);
    for (let turns = 0; turns < 4; turns++) await turn();
  }

  /** Until it is so, for what goes over a real socket or disk; ten seconds at most. With `time` the client's clock runs meanwhile. */
  async until(condition: () => boolean, { time = false } = {}): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!condition() && performance.now() < deadline) {
      await turn();
      if (time) await this.clock.advance(100);
    }
  }

  /** A server on TCP, where addresses matter: it plays `script` for each connection that said CONNECT. */
  async serve(script: (send: (...packets: Packet[]) => void, end: () => void) => void): Promise<string> {
    const server = createServer((socket) => {
      const decoder = new PacketDecoder({ receiver: 'server' });
      const send = (...packets: Packet[]) => {
        for (const packet of packets) socket.write(encodePacket(packet, 5));
      };
      socket.on('error', () => undefined); // the client closes as it likes
      socket.on('data', (bytes) =>
        decoder.push(bytes, ({ type }) => {
          if (type === 'connect') script(send, () => socket.end());
        }),
      );
      this.#sockets.add(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    const { port } = server.address() as AddressInfo; // it listens on TCP
    return `127.0.0.1:${port}`;
  }

  async advance(duration: Parameters<ScriptedPeer['clock']['advance']>[0]): Promise<void> {
    await this.clock.advance(duration);
    await this.settle();
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.settle();
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
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
    await this.#scene.rest(() => this.#inbox.length > 0 || this.#connection.arrived > 0 || this.isClosed);
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
