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

let loaded: Library | undefined;

function library(): Library {
  if (loaded) return loaded;
  // The cast names what we use of the module; `require` itself is untyped.
  loaded = createRequire(import.meta.url)('mqtt-packet') as Library;
  // Otherwise its first packet makes 65,536 buffers: 27 ms and 7 MB, for the few packets that we give it.
  loaded.writeToStream.cacheNumbers = false;
  return loaded;
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
    return library().generate(packet, { protocolVersion });
  } catch (error) {
    throw new InvalidPacketError(
      `The ${String(packet['cmd']).toUpperCase()} can't be encoded: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
