import type { ConnectionOptions } from 'node:tls';
import { onAbort } from '../time/on-abort.js';
import { tlsDefaults } from './tls.js';
import { OpenError, type Transport } from './transport.js';
import { type WebSocketLike, WebSocketTransport } from './web-socket-transport.js';
import { loadWs } from './ws-package.js';

export interface WebSocketOptions {
  /** `ws:` or `wss:`, with path and query, without user name and password. */
  url: URL;
  /** For `wss:`. */
  tls?: ConnectionOptions | undefined;
  /** Bytes of a whole message that the server may send; more of them end the connection. Default 32 MiB. */
  maximumMessageSize?: number | undefined;
  /** Gives the attempt up, in every phase of it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How the package `ws` is loaded. */
  load?: () => Promise<WebSocketModule>;
}

/** What is used of the package `ws`. */
export interface WebSocketModule {
  readonly WebSocket: new (
    url: URL,
    subprotocols: string[],
    options: object,
  ) => WebSocketLike & {
    on(event: 'open', listener: () => void): unknown;
    on(event: 'upgrade', listener: (response: HttpAnswer) => void): unknown;
    on(event: 'unexpected-response', listener: (request: unknown, response: HttpAnswer) => void): unknown;
  };
}

interface HttpAnswer {
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** `ws` counts in 32 bits with a sign. */
const mostBytes = 0x7fff_ffff;
/** Milliseconds for which `ws` waits for a peer that said goodbye and keeps the socket open. */
const closeTimeout = 1_000;

/**
 * Opens a WebSocket with the subprotocol `mqtt` [MQTT-6.0.0-3]. Rejects with the system's or OpenSSL's error, or an OpenError: the package
 * `ws` is missing, or what listens there takes no WebSocket, or not for MQTT.
 */
export async function connectWebSocket(options: WebSocketOptions): Promise<Transport> {
  const { url, tls, maximumMessageSize = 32 * 1024 * 1024, signal, load } = options;
  const { WebSocket } = await loadWs<WebSocketModule>(load);
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['mqtt'], {
      ...(url.protocol === 'wss:' && tlsDefaults(url.hostname.replace(/^\[|\]$/g, ''), tls)),
      perMessageDeflate: false, // it costs memory and time for each connection, and MQTT servers rarely speak it
      followRedirects: false, // they could lead off the host whose certificate was asked for
      maxPayload: Math.min(maximumMessageSize, mostBytes),
      closeTimeout,
    });
    let answer: HttpAnswer | undefined;
    let settled = false;
    const settle = (conclude: () => void) => {
      if (settled) return; // a socket that failed still has things to say
      settled = true;
      ignoreAbort();
      conclude();
    };
    const giveUp = (reason: unknown) =>
      settle(() => {
        socket.terminate();
        reject(reason);
      });
    const ignoreAbort = onAbort(signal, () => giveUp(signal?.reason));
    socket.on('upgrade', (response) => {
      answer = response;
    });
    socket.on('unexpected-response', (_, response) => giveUp(noUpgrade(response)));
    socket.on('error', (error) => giveUp(handshakeError(error, answer)));
    socket.on('open', () => settle(() => resolve(new WebSocketTransport(socket))));
  });
}

/** The server answered as a web server does. */
function noUpgrade({ statusCode = 0, statusMessage = '' }: HttpAnswer): OpenError {
  const said = `HTTP ${statusCode} ${statusMessage}`.trim();
  const mayPass = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  const advice =
    statusCode === 401 || statusCode === 403
      ? 'Check what the server asks for before it takes a WebSocket'
      : statusCode >= 300 && statusCode < 400
        ? 'Connect to where it redirects'
        : mayPass
          ? 'Try again later'
          : 'Check the path';
  return new OpenError(`the server answered ${said} instead of taking a WebSocket. ${advice}`, mayPass);
}

/** The system's errors speak for themselves. */
function handshakeError(error: Error, upgrade: HttpAnswer | undefined): Error {
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('HPE_')) {
    return new OpenError('what listens there does not speak HTTP. Check port and scheme', false, error);
  }
  if (code !== '') return error;
  if (upgrade && upgrade.headers['sec-websocket-protocol'] !== 'mqtt') {
    const what = 'the server took the WebSocket without the subprotocol mqtt, so it speaks no MQTT there';
    return new OpenError(`${what}. Check the path`, false, error);
  }
  return new OpenError(`the server took no WebSocket: ${error.message}`, false, error);
}
