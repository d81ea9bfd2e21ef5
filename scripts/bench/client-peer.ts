// The other side of client.ts, in a process of its own: a server that is never the bottleneck. What a connection gets is told by
// its client identifier: `flood-<qos>-<count>` or `sink`.
import { createServer, type Socket } from 'node:net';
import { encodePacket, type Packet, PacketDecoder, PacketWriter } from '../../src/packets/index.js';

const window = 1_000;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  const writer = new PacketWriter({ protocolVersion: 5, sink: (bytes) => socket.write(Buffer.from(bytes)) });
  const decoder = new PacketDecoder({ receiver: 'server' });
  let acknowledged = () => {};
  const onPacket = (packet: Packet) => {
    switch (packet.type) {
      case 'connect': {
        socket.write(encodePacket({ type: 'connack', sessionPresent: false, reasonCode: 0 }, 5));
        const [mode, qos, count] = packet.clientId.split('-');
        if (mode === 'flood') acknowledged = flood(socket, qos === '1' ? 1 : 0, Number(count));
        break;
      }
      case 'publish':
        if (packet.qos === 1) writer.write({ type: 'puback', packetId: packet.packetId!, reasonCode: 0 });
        break;
      case 'puback':
        acknowledged();
        break;
      case 'disconnect':
        socket.end();
        break;
    }
  };
  socket.on('data', (chunk) => {
    decoder.push(chunk, onPacket);
    if (writer.pendingBytes > 0) writer.flush();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as { port: number }).port); // it listens on TCP
});
process.on('disconnect', () => process.exit(0));

/** Sends `count` messages of 64 bytes; at QoS 1 at most a window of them unacknowledged. Returns what a PUBACK means. */
function flood(socket: Socket, qos: 0 | 1, count: number): () => void {
  const chunk = Buffer.concat(
    Array.from({ length: window / 2 }, (_, n) => encodePacket(publish(qos, n + 1), 5)),
  );
  const other = Buffer.concat(
    Array.from({ length: window / 2 }, (_, n) => encodePacket(publish(qos, window / 2 + n + 1), 5)),
  );
  let sent = 0;
  let acks = 0;
  const next = () => {
    const bytes = (sent / (window / 2)) % 2 === 0 ? chunk : other;
    sent += window / 2;
    return socket.write(bytes);
  };
  if (qos === 0) {
    const pour = () => {
      while (sent < count && next());
      if (sent < count) socket.once('drain', pour);
    };
    pour();
    return () => {};
  }
  next();
  next();
  return () => {
    if (++acks % (window / 2) === 0 && sent < count) next();
  };
}

function publish(qos: 0 | 1, packetId: number): Packet {
  return {
    type: 'publish',
    topic: 'socks/left/0042/status',
    payload: new Uint8Array(64).fill(0x61),
    qos,
    retain: false,
    duplicate: false,
    ...(qos === 1 && { packetId }),
  };
}
