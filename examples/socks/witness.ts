// Stands between the application and the broker, passes every byte on, and notes what was delivered, dead-lettered and acknowledged. It
// reads the bytes with a foreign parser, so that it does not believe what the application says of itself.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';

/** One copy of a message of this run: a broker may send one for each subscription that matches. */
export interface Copy {
  readonly message: number;
  readonly topic: string;
  /** The filters for which the broker sent this copy; empty where it does not say. */
  readonly filters: readonly string[];
}

/** A message that the application gave up, and told so on another topic. */
export interface DeadLetter {
  readonly message: number;
  readonly topic: string;
  readonly handler: string;
  readonly attempts: number;
}

export interface Answer {
  /** 0x00 to 0x7F: acknowledged. From 0x80 on: rejected. */
  readonly reasonCode: number;
  readonly reason: string | undefined;
}

export interface Listener {
  delivered(copy: Copy): void;
  /** The broker sent a PUBACK for this dead letter of the application. */
  deadLettered(letter: DeadLetter): void;
  /** The application sent a PUBACK for this copy. */
  answered(copy: Copy, answer: Answer): void;
  /** The broker went away, or was not there. */
  lost(why: string): void;
}

export interface Witness {
  /** Where the application connects instead of to the broker. */
  readonly url: string;
  close(): Promise<void>;
}

export async function startWitness(broker: URL, run: string, listener: Listener): Promise<Witness> {
  const sockets = new Set<Socket>();
  const filters = new Map<number, string>();
  const server = createServer((application) => {
    const upstream = connect(Number(broker.port || 1883), broker.hostname.replace(/^\[|\]$/g, ''));
    for (const socket of [application, upstream]) sockets.add(socket);
    const open = new Map<number, Copy>();
    const letters = new Map<number, DeadLetter>();
    pass(upstream, application, (packet) => {
      if (packet.cmd === 'puback') {
        const letter = letters.get(packet.messageId!);
        letters.delete(packet.messageId!);
        if (letter && (packet.reasonCode ?? 0) < 0x80) listener.deadLettered(letter);
      }
      if (packet.cmd !== 'publish' || packet.qos !== 1) return;
      const properties = packet.properties?.userProperties;
      if (properties?.['run'] !== run) return;
      const copy = {
        message: Number(properties['message']),
        topic: packet.topic,
        filters: identifiersOf(packet).map((identifier) => filters.get(identifier) ?? 'unknown'),
      };
      open.set(packet.messageId!, copy);
      listener.delivered(copy);
    });
    pass(application, upstream, (packet) => {
      if (packet.cmd === 'subscribe') {
        const identifier = packet.properties?.subscriptionIdentifier;
        for (const { topic } of packet.subscriptions) if (identifier) filters.set(identifier, topic);
      }
      if (packet.cmd === 'publish') {
        const letter = letterIn(packet, run);
        if (letter) letters.set(packet.messageId!, letter);
      }
      if (packet.cmd !== 'puback') return;
      const copy = open.get(packet.messageId!);
      open.delete(packet.messageId!);
      const { reasonCode = 0, properties } = packet;
      if (copy) listener.answered(copy, { reasonCode, reason: properties?.reasonString });
    });
    upstream.on('error', (error) => listener.lost(error.message));
    upstream.on('close', () => {
      if (!application.readableEnded) listener.lost('the broker closed the connection');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has a port
  return {
    url: `mqtt://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function letterIn({ topic, properties }: IPublishPacket, run: string): DeadLetter | undefined {
  const told = properties?.userProperties;
  if (told?.['run'] !== run || told['dl-topic'] === undefined) return undefined;
  return {
    message: Number(told['message']),
    topic,
    handler: String(told['dl-handler']),
    attempts: Number(told['dl-attempts']),
  };
}

function identifiersOf({ properties }: IPublishPacket): readonly number[] {
  // The parser's types know one identifier; a packet may carry several, which it gives as an array.
  const given = properties?.subscriptionIdentifier as number | readonly number[] | undefined;
  return given === undefined ? [] : [given].flat();
}

function pass(from: Socket, to: Socket, see: (packet: Packet) => void): void {
  const parser = mqttPacket.parser({ protocolVersion: 5 });
  parser.on('packet', see);
  from.on('data', (bytes) => {
    parser.parse(bytes);
    to.write(bytes);
  });
  from.on('end', () => to.end());
  // Whoever talks to the other side learns of a lost connection by losing its own.
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
