import { connectTcp } from '../transports/tcp.js';
import type { Transport } from '../transports/transport.js';
import { ConnectError } from './errors.js';

/** Where the broker is: an address that starts with `mqtt://`, or a function that opens a byte stream to it. */
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

/** Throws a ConnectError that says what to write instead. */
export function targetOf(endpoint: Endpoint): Target {
  if (typeof endpoint === 'string' || endpoint instanceof URL) return targetOfAddress(String(endpoint));
  if (typeof endpoint?.connect === 'function') {
    return { where: 'the given endpoint', connect: (options) => endpoint.connect(options) };
  }
  throw unusable(`${endpoint === null ? 'null' : typeof endpoint} is no endpoint`);
}

function targetOfAddress(address: string): Target {
  if (!URL.canParse(address)) throw unusable(`"${withoutSecrets(address)}" is no URL`);
  const url = new URL(address);
  if (url.protocol !== 'mqtt:') {
    throw unusable(
      `This client does not speak "${withoutSecrets(url.protocol)}//" (only mqtt://, which is TCP)`,
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, ''); // an IPv6 address has brackets in a URL only
  if (host === '') throw unusable(`"${withoutSecrets(address)}" names no host`);
  const rest = url.pathname + url.search + url.hash;
  if (rest.includes('@')) {
    // What looks like the host is then a part of the secret, so the address is not quoted at all.
    throw unusable(
      'User name and password of the address contain "/", "?" or "#": write them as %2F, %3F, %23',
    );
  }
  if (rest !== '' && rest !== '/') {
    throw unusable(`"mqtt://${url.host}" is followed by a path, query or fragment, which mean nothing here`);
  }
  const port = url.port === '' ? 1883 : Number(url.port);
  return {
    where: `mqtt://${url.hostname}:${port}`,
    connect: ({ signal }) => connectTcp({ host, port, signal }),
    ...(url.username !== '' && { username: decoded(url.username, 'user name') }),
    ...(url.password !== '' && { password: decoded(url.password, 'password') }),
  };
}

function decoded(part: string, what: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable(`The ${what} of the address has a "%" that begins no UTF-8 character: write it as %25`);
  }
}

function withoutSecrets(address: string): string {
  return address.replace(/^.*@/s, '...@');
}

function unusable(what: string): ConnectError {
  const message = `${what}. Write an address like mqtt://host:1883, or pass { connect } that opens a transport.`;
  return new ConnectError({ by: 'client', reasonCode: 0, cause: new TypeError(what) }, false, message);
}
