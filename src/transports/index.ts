export { fromDuplex, socketPeer } from './duplex.js';
export * from './memory.js';
export * from './tcp.js';
export * from './tls.js';
export * from './transport.js';
export * from './unix.js';
export * from './web-socket.js';
export * from './web-socket-server.js';
export * from './web-socket-transport.js';
