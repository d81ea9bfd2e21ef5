import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Random } from '../../src/time/clock.js';
import { BrokerAudit } from './broker-audit.js';

/** Passes bytes on to a broker and back. Given chance, it cuts each connection after so many bytes, of both directions together. */
export class ByteProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  readonly audit = new BrokerAudit();
  cuts = 0;
  onCut: () => void = () => undefined;
  /** Says where the connections that begin from now on are cut; undefined: nowhere. */
  random: Random | undefined;

  private constructor(server: Server, port: number, random: Random | undefined) {
    this.#server = server;
    this.#port = port;
    this.random = random;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(port: number, random?: Random): Promise<ByteProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ByteProxy(server, port, random);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as { port: number }).port}`; // it listens on TCP
  }

  /** The connections that stand go too. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(client: Socket): void {
    const server = dial({ host: '127.0.0.1', port: this.#port });
    // From a byte to some ten thousand, small and big numbers equally often: handshakes are cut as well as streams.
    let left = this.random ? Math.ceil(Math.exp(this.random() * Math.log(60_000))) : Number.POSITIVE_INFINITY;
    const audit = this.audit.connection();
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined); // a connection that breaks is what this is about
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => {
        if (left <= 0) return;
        const passed = chunk.subarray(0, left);
        left -= passed.length;
        if (from === server) audit(passed);
        // The last bytes are on their way before the connection goes.
        to.write(passed, left > 0 ? undefined : cut);
        if (left > 0) return;
        this.cuts++;
        this.onCut();
      });
    }
  }
}
