import { MqttError } from '../packets/errors.js';

/** A listener could not be opened; the message says why and what to do. */
export class ListenError extends MqttError {
  readonly kind = 'listen';
  /**
   * The code of the system's error, such as `EADDRINUSE`; of what was wrong with the options, `ERR_INVALID_ARG_VALUE`; where the package
   * `ws` is missing, `ERR_MODULE_NOT_FOUND`; of a broker that was closed, `ERR_SERVER_NOT_RUNNING`.
   */
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** What the system said when it was asked to listen there, as a sentence. */
export function listenErrorOf(error: Error, host: string, port: number): ListenError {
  const code = 'code' in error ? String(error.code) : '';
  const port0 = 'or give port 0, which takes a free one';
  switch (code) {
    case 'EADDRINUSE':
      return told(`Port ${port} of ${host} is in use. Stop what listens there, ${port0}.`);
    case 'EACCES':
    case 'EPERM':
      return told(`Port ${port} of ${host} is not for this user. Give a port from 1024 on, ${port0}.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return told(
        `'${host}' is no address of this machine. Give 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks.`,
      );
    default:
      return told(`The system does not let the broker listen on port ${port} of ${host}: ${error.message}.`);
  }

  function told(message: string): ListenError {
    return new ListenError(code, message, error);
  }
}
