// The one door to the library `mqtt-packet`: its types stay behind it, its quirks are handled here.
// It takes longer to load than a connection takes to open, so it is loaded when the first packet needs it; only
// `require` can do that without making every call asynchronous.
import { createRequire } from 'node:module';
import { InvalidPacketError, ProtocolError } from './errors.js';
import type { ProtocolVersion } from './packet.js';

/** A packet in the library's words. Which fields there are follows from `cmd`; our own checks run before and after. */
export type ForeignPacket = Record<string, unknown>;

interface Library {
  parser(options: { protocolVersion: number }): {
    on(event: 'packet', listener: (packet: ForeignPacket) => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    parse(bytes: Buffer): number;
  };
  generate(packet: ForeignPacket, options: { protocolVersion: number }): Buffer;
  readonly writeToStream: { cacheNumbers: boolean };
}

const require = createRequire(import.meta.url);
let loaded: Library | undefined;
/** The library's buffers for the numbers from 0 to 65,535; empty until somebody's first packet makes them. */
let numbers: object = {};

function library(): Library {
  if (loaded) return loaded;
  // The cast names what we use of the module; `require` itself is untyped.
  loaded = require('mqtt-packet') as Library;
  numbers = findNumbers();
  return loaded;
}

/** A version that keeps them elsewhere counts as one that has made them: it will, which costs time and breaks nothing. */
function findNumbers(): object {
  const made = [true];
  try {
    return (require('mqtt-packet/numbers.js') as { cache?: object }).cache ?? made; // untyped, as above
  } catch {
    return made;
  }
}

/**
 * Parses exactly one complete frame. The library reads over the end of a packet if more bytes follow, and goes on with
 * arbitrary bytes after an error: a fresh parser and a single frame rule out both.
 */
export function parseFrame(frame: Buffer, protocolVersion: ProtocolVersion): ForeignPacket {
  const parser = library().parser({ protocolVersion });
  let result: ForeignPacket | undefined;
  let failure: Error | undefined;
  parser.on('packet', (packet) => {
    result ??= packet;
  });
  parser.on('error', (error) => {
    failure ??= error;
  });
  parser.parse(frame);
  if (failure || !result) {
    throw new ProtocolError(0x81, `The packet is malformed: ${failure?.message ?? 'it is incomplete'}.`);
  }
  return result;
}

/** The bytes of one packet. The library reports mistakes as an error of the stream; here they are thrown. */
export function generateFrame(packet: ForeignPacket, protocolVersion: ProtocolVersion): Buffer {
  try {
    return withoutNumbers(library(), () => library().generate(packet, { protocolVersion }));
  } catch (error) {
    throw new InvalidPacketError(
      `The ${String(packet['cmd']).toUpperCase()} can't be encoded: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/**
 * Keeps the library's first packet from making its buffers: 27 ms and 7 MB, for the few packets that we give it. The switch is
 * global, and MQTT.js in the same process is 20 % slower without them: so it is put back, and left alone once they are
 * there (putting it back then costs 3 ms).
 */
function withoutNumbers<T>({ writeToStream }: Library, generate: () => T): T {
  if (!writeToStream.cacheNumbers || 0 in numbers) return generate();
  writeToStream.cacheNumbers = false;
  try {
    return generate();
  } finally {
    writeToStream.cacheNumbers = true;
  }
}
