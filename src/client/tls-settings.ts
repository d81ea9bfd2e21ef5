import { type ConnectionOptions, createSecureContext } from 'node:tls';

/** The address of the server says where to connect, and this package how bytes are read. */
const notOurs = ['host', 'port', 'path', 'socket'] as const satisfies readonly (keyof ConnectionOptions)[];
const contents = ['key', 'cert', 'ca', 'crl'] as const satisfies readonly (keyof ConnectionOptions)[];

/**
 * Certificates and keys, read once for all connections. Throws an Error, one sentence without any of their content; `cause` is
 * OpenSSL's error.
 */
export function tlsSettings(tls: ConnectionOptions): ConnectionOptions {
  if (tls === null || typeof tls !== 'object') throw new TypeError('tls must be an object');
  for (const name of notOurs) {
    if (tls[name] !== undefined) throw new TypeError(`tls.${name} means nothing here: the address says it`);
  }
  for (const name of contents) {
    if ([tls[name]].flat().some(isFileName)) {
      throw new TypeError(`tls.${name} is not PEM: give the content of the file, not its name`);
    }
  }
  if (tls.secureContext) return tls;
  // Node would connect without a certificate, and the server say no more than that it misses one.
  if (tls.cert && !tls.key) throw new TypeError('tls.cert is of no use without tls.key');
  if (tls.key && !tls.cert) throw new TypeError('tls.key is of no use without tls.cert');
  return { ...tls, secureContext: secureContextOf(tls) };
}

function secureContextOf(tls: ConnectionOptions): ConnectionOptions['secureContext'] {
  try {
    return createSecureContext(tls);
  } catch (thrown) {
    const error = thrown as Error & { code?: string }; // Node and OpenSSL throw errors only
    const code = error.code ?? '';
    if (code === 'ERR_INVALID_ARG_TYPE' || code === 'ERR_INVALID_ARG_VALUE') {
      // Its message quotes the value, which may be a key or a passphrase: neither the message nor the error goes on.
      const name = /"?options\.(\w+)/.exec(error.message)?.[1];
      throw new TypeError(
        name ? `tls.${name} is of the wrong type` : 'An option in tls is of the wrong type',
      );
    }
    throw new Error(reasons[code] ?? `tls cannot be used: ${error.message}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ERR_OSSL_BAD_DECRYPT: 'tls.key cannot be decrypted: tls.passphrase is wrong or missing',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'tls.key is not the key of the certificate in tls.cert',
};

/** Node takes such a string for `ca` without a word, and trusts nobody. */
function isFileName(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('-----BEGIN');
}
