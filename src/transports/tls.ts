import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { openSocket } from './open-socket.js';
import type { Transport } from './transport.js';

export interface TlsOptions {
  host: string;
  port: number;
  /** Certificates, keys, versions and so on, as Node takes them. */
  tls?: ConnectionOptions | undefined;
  /** Gives the attempt up, in every phase of it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Opens a TLS connection over TCP. Rejects with the system's or OpenSSL's error (`code` such as `ECONNREFUSED`, `CERT_HAS_EXPIRED`) if that
 * fails. With TLS 1.3 a server may refuse our certificate only after that: then the transport closes with the error.
 */
export function connectTls({ host, port, tls, signal }: TlsOptions): Promise<Transport> {
  return openSocket({
    kind: 'tls',
    ready: 'secureConnect',
    signal,
    open: (onread) => {
      const options = { ...tlsDefaults(host, tls), host, port, onread }; // `onread` is missing in the types of `tls.connect`
      return connect(options).setNoDelay(true); // as over plain TCP
    },
  });
}

/** What is true of every connection over TLS unless the user says otherwise: verified, and asking for the host by its name. */
export function tlsDefaults(host: string, tls: ConnectionOptions = {}): ConnectionOptions {
  return {
    ...tls,
    rejectUnauthorized: tls.rejectUnauthorized ?? true, // said, so that no environment variable turns it off
    servername: tls.servername ?? (isIP(host) === 0 ? host : ''), // an IP address must not be asked for (RFC 6066, 3)
  };
}
