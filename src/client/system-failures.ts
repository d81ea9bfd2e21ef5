import { OpenError } from '../transports/transport.js';

/** What an error of system, TLS or transport means, as a clause without a full stop, and whether trying again can help. */
export interface Failure {
  readonly sentence: string;
  readonly retryable: boolean;
}

/** Undefined for an error that has to speak for itself. `where` is the address of the server. */
export function knownFailure(error: Error, where: string): Failure | undefined {
  if (error instanceof OpenError) return { sentence: error.message, retryable: error.retryable };
  const code = codeOf(error);
  if (code === 'ECONNRESET') {
    return mayPass(`the connection was ended from the other side. ${checkListener(where)}`);
  }
  const known = failures[code];
  if (known) return known;
  if (code.startsWith(tlsPrefix)) {
    const reason = code.slice(tlsPrefix.length).toLowerCase().replaceAll('_', ' ');
    return mayPass(
      `the TLS connection failed, "${reason}". Check the options in tls, and the log of the server`,
    );
  }
  // An AggregateError, of all addresses of a host, has no message of its own.
  return error.message === '' && code !== '' ? mayPass(code) : undefined;
}

/** What to do about a server that ends the connection without a word: some do so if they don't like a certificate. */
export function checkListener(where: string): string {
  const what = 'Check that an MQTT broker listens there';
  return /^(mqtts|wss):/.test(where) ? `${what}, and which client certificate it wants, if any` : what;
}

const tlsPrefix = 'ERR_SSL_';

/** OpenSSL's reason, when a write finds it, is nowhere but in the message of an EPROTO: `...:error:0A00010B:SSL routines:<function>:<reason>:...` */
function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = code === 'EPROTO' ? /:error:[^:]*:[^:]*:[^:]*:([^:]+):/.exec(error.message)?.[1] : undefined;
  return reason ? tlsPrefix + reason.toUpperCase().replaceAll(' ', '_') : code;
}

function mayPass(sentence: string): Failure {
  return { sentence, retryable: true };
}

function stays(sentence: string): Failure {
  return { sentence, retryable: false };
}

const forbidden = stays(
  'this process may not connect there. Check the permissions: of a Unix socket, also of the folders above it',
);
const untrusted = stays(
  "the server's certificate comes from an authority that is not trusted here. Give that authority's certificate in { tls: { ca } }",
);
const ourCertificate = stays(
  'the server does not accept the client certificate. Check tls.cert, and which authority the server trusts',
);
const noCertificate = stays('the server wants a client certificate. Give it in { tls: { cert, key } }');
const noTls = stays('what listens there does not speak TLS. Check port and scheme');

const failures: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: mayPass('nothing listens there. Start the broker or correct the address'),
  ENOTFOUND: stays('the host name is unknown. Correct it or check the name server'),
  EAI_AGAIN: mayPass('the name server does not answer. Check the network'),
  ETIMEDOUT: mayPass('the host does not answer. Check host, port and firewall'),
  EHOSTUNREACH: mayPass('there is no way to the host. Check the network'),
  ENETUNREACH: mayPass('there is no way to the network. Check the network'),

  // Unix sockets
  ENOENT: mayPass('there is no such file. Start the broker or correct the path'),
  EACCES: forbidden,
  EPERM: forbidden,
  ENOTSOCK: stays('that file is no socket. Correct the path'),

  // TLS: the server's certificate
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: stays("the server's certificate has expired. Renew it, or set the clock of this machine"),
  CERT_NOT_YET_VALID: stays("the server's certificate is not valid yet. Check the clock of this machine"),
  CERT_REVOKED: stays("the server's certificate was revoked. Renew it"),
  ERR_TLS_CERT_ALTNAME_INVALID: stays(
    "the server's certificate is for another host. Connect by a name that is in it, or name one in { tls: { servername } }",
  ),

  // TLS: ours
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: noCertificate,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: stays(
    'the server says that the client certificate has expired. Renew it',
  ),
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: ourCertificate,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: ourCertificate,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ourCertificate,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: ourCertificate,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ourCertificate,
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: ourCertificate,

  // TLS: no agreement
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: stays(
    'the server broke the TLS handshake off. It may want a client certificate, { tls: { cert, key } }, or other TLS versions and ciphers',
  ),
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: stays('the server speaks no TLS version that this client allows'),
  ERR_SSL_UNSUPPORTED_PROTOCOL: stays('the server speaks no TLS version that this client allows'),
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: stays(
    'the server does not know the host name. Check the address, or { tls: { servername } }',
  ),
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};
