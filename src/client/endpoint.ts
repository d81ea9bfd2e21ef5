import type { ConnectionOptions } from 'node:tls';
import { connectTcp } from '../transports/tcp.js';
import { connectTls } from '../transports/tls.js';
import type { Transport } from '../transports/transport.js';
import { connectUnix } from '../transports/unix.js';
import { connectWebSocket } from '../transports/web-socket.js';
import { ConnectError } from './errors.js';
import { tlsSettings } from './tls-settings.js';

/**
 * Where the broker is: an address, or a function that opens a byte stream to it.
 * - `mqtt://host:1883`: TCP
 * - `mqtts://host:8883`: TLS
 * - `ws://host:80/path`, `wss://host:443/path?query`: WebSocket, over the package `ws`, which you install
 * - `mqtt+unix:///run/mosquitto.sock`: a Unix domain socket
 *
 * The ports are the defaults. User name and password may stand in front of the host.
 */
export type Endpoint =
  | string
  | URL
  | {
      /** `attempt` counts from 1. Gives up and rejects when `signal` aborts. */
      readonly connect: (options: { signal: AbortSignal; attempt: number }) => Promise<Transport>;
    };

/** An endpoint that can be used: `where` is how messages call it, without secrets. */
export interface Target {
  readonly where: string;
  readonly connect: (options: { signal: AbortSignal; attempt: number }) => Promise<Transport>;
  readonly username?: string;
  readonly password?: string;
}

/** What of the client's options opening a byte stream needs. */
export interface OpeningOptions {
  readonly tls?: ConnectionOptions | undefined;
  readonly maximumPacketSize?: number | undefined;
}

interface Opening extends OpeningOptions {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

interface Scheme {
  /** What stands behind `//`. */
  readonly names: 'a host' | 'a host and a path' | 'a file';
  /** The default. */
  readonly port: number;
  readonly secure: boolean;
  readonly open: (opening: Opening) => Promise<Transport>;
}

const schemes: Readonly<Record<string, Scheme>> = {
  'mqtt:': { names: 'a host', port: 1883, secure: false, open: connectTcp },
  'mqtts:': { names: 'a host', port: 8883, secure: true, open: connectTls },
  'ws:': { names: 'a host and a path', port: 80, secure: false, open: openWebSocket },
  'wss:': { names: 'a host and a path', port: 443, secure: true, open: openWebSocket },
  'mqtt+unix:': { names: 'a file', port: 0, secure: false, open: openUnix },
};

/** Throws a ConnectError that says what to write instead. */
export function targetOf(endpoint: Endpoint, options: OpeningOptions = {}): Target {
  if (typeof endpoint === 'string' || endpoint instanceof URL) {
    return targetOfAddress(String(endpoint), options);
  }
  if (typeof endpoint?.connect !== 'function') {
    throw unusable(`${endpoint === null ? 'null' : typeof endpoint} is no endpoint`);
  }
  if (options?.tls) throw unusableTls('an endpoint that opens the byte stream itself', '{ connect }');
  return { where: 'the given endpoint', connect: (attempt) => endpoint.connect(attempt) };
}

function targetOfAddress(address: string, options: OpeningOptions): Target {
  if (!URL.canParse(address)) throw unusable(`"${withoutSecrets(address)}" is no URL`);
  const url = new URL(address);
  const scheme = Object.hasOwn(schemes, url.protocol) ? schemes[url.protocol] : undefined;
  if (!scheme) {
    const known = Object.keys(schemes).map((name) => `${name}//`);
    throw unusable(
      `This client does not speak "${withoutSecrets(url.protocol)}//" (only ${known.join(', ')})`,
    );
  }
  const where = checked(url, scheme, address);
  if (options?.tls && !scheme.secure) throw unusableTls(`${url.protocol}//, which is not encrypted`, where);
  const tls = scheme.secure ? checkedTls(options?.tls ?? {}) : undefined;
  const host = url.hostname.replace(/^\[|\]$/g, ''); // an IPv6 address has brackets in a URL only
  const port = Number(url.port) || scheme.port;
  return {
    where,
    connect: ({ signal }) => scheme.open({ ...options, tls, url, host, port, signal }),
    ...(url.username !== '' && { username: decoded(url.username, 'user name') }),
    ...(url.password !== '' && { password: decoded(url.password, 'password') }),
  };
}

/** What messages call it. A query is left out: it may be a signature. */
function checked(url: URL, { names, port }: Scheme, address: string): string {
  const { protocol, hostname, pathname, search, hash } = url;
  if (names === 'a file') {
    const what = `"${withoutSecrets(address)}"`;
    if (hostname !== '' || pathname === '' || pathname === '/') {
      throw unusable(
        `${what} names no file: a path follows three slashes, as in ${protocol}///run/mosquitto.sock`,
      );
    }
    if (search + hash !== '') throw unusable(`${what} has "?" or "#" in its path: write them as %3F and %23`);
    return `${protocol}//${decoded(pathname, 'path')}`;
  }
  if (hostname === '') throw unusable(`"${withoutSecrets(address)}" names no host`);
  if ((pathname + search + hash).includes('@')) {
    // What looks like the host may then be a part of the secret, so the address is not quoted at all.
    throw unusable(
      'User name and password of the address contain "/", "?" or "#": write them as %2F, %3F, %23 (and an "@" behind the host as %40)',
    );
  }
  const where = `${protocol}//${hostname}:${url.port || port}`;
  const hasPath = pathname !== '' && pathname !== '/';
  if (hash !== '' || (names === 'a host' && (hasPath || search !== ''))) {
    const what = names === 'a host' ? 'path, query or fragment' : 'fragment';
    throw unusable(`"${where}" is followed by a ${what}, which means nothing here`);
  }
  return hasPath ? where + pathname : where;
}

function openWebSocket({ url, tls, maximumPacketSize, signal }: Opening): Promise<Transport> {
  const address = new URL(url);
  address.username = address.password = ''; // they are for MQTT, not for HTTP
  // A server may put several packets into one frame; how many, nobody says.
  const maximumMessageSize = maximumPacketSize && maximumPacketSize + 1024 * 1024;
  return connectWebSocket({ url: address, tls, maximumMessageSize, signal });
}

function openUnix({ url, signal }: Opening): Promise<Transport> {
  return connectUnix({ path: decoded(url.pathname, 'path'), signal });
}

function decoded(part: string, what: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable(`The ${what} of the address has a "%" that begins no UTF-8 character: write it as %25`);
  }
}

/** Credentials end at an "@", a query may be a signature; where both signs are mixed nobody can tell where a secret ends. */
function withoutSecrets(address: string): string {
  if (/\?.*@/s.test(address)) return '...';
  return address.replace(/^.*@/s, '...@').replace(/\?.*$/s, '?...');
}

function checkedTls(tls: ConnectionOptions): ConnectionOptions {
  try {
    return tlsSettings(tls);
  } catch (error) {
    const cause = error as Error; // it throws errors only
    throw new ConnectError({ by: 'client', reasonCode: 0, cause }, false, `${cause.message}.`);
  }
}

function unusableTls(what: string, where: string): ConnectError {
  const cause = new TypeError(`The option tls means nothing for ${what}`);
  const message = `${cause.message} (${where}). Write mqtts:// or wss://, or leave it out.`;
  return new ConnectError({ by: 'client', reasonCode: 0, cause }, false, message);
}

function unusable(what: string): ConnectError {
  const message = `${what}. Write an address like mqtt://host:1883, or pass { connect } that opens a transport.`;
  return new ConnectError({ by: 'client', reasonCode: 0, cause: new TypeError(what) }, false, message);
}
