export * from './encode-packet.js';
export * from './errors.js';
export type { Receiver } from './fixed-header.js';
export * from './packet.js';
export * from './packet-decoder.js';
export * from './packet-writer.js';
export * from './reason-codes.js';
export * from './unsupported-protocol.js';
