export { fromDuplex } from './duplex.js';
export * from './memory.js';
export * from './tcp.js';
export * from './transport.js';
