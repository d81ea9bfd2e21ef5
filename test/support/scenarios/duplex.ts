import { Duplex } from 'node:stream';
import type { Transport } from '../../../src/transports/index.js';

/** A transport as the Node stream that MQTT.js wants. */
export function duplexOf(transport: Transport): Duplex {
  const duplex = new Duplex({
    allowHalfOpen: false, // as sockets are
    read: () => transport.resume(),
    write(chunk: Uint8Array, _, done) {
      write([chunk], done);
    },
    writev(chunks: { chunk: Uint8Array }[], done) {
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      );
    },
    final(done) {
      transport.close();
      done();
    },
    destroy(error, done) {
      transport.close(error ?? new Error('The client destroyed its stream.'));
      done(null);
    },
  });
  let waiting: (() => void) | undefined;
  const write = (chunks: Uint8Array[], done: () => void) => {
    if (transport.write(Buffer.concat(chunks))) done();
    else waiting = done;
  };
  transport.onDrain(() => {
    waiting?.();
    waiting = undefined;
  });
  transport.start(
    (chunk) => {
      if (!duplex.push(Buffer.from(chunk))) transport.pause();
    },
    (error) => {
      if (error) duplex.destroy();
      else duplex.push(null);
    },
  );
  return duplex;
}
