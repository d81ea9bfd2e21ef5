import { MqttError } from '../packets/errors.js';

/**
 * Why a store cannot be used:
 * `not-installed`: the package `classic-level` is missing; `locked`: another process has the folder; `in-use`: another client of this process
 * has the session; `not-writable`: the folder cannot be created or written; `full`: no room on the disk; `damaged`: the folder's files make no
 * sense, and could not be repaired; `closed`: nothing is loaded; `failed`: anything else, see `cause`.
 */
export type SessionStoreProblem =
  | 'not-installed'
  | 'locked'
  | 'in-use'
  | 'not-writable'
  | 'full'
  | 'damaged'
  | 'closed'
  | 'failed';

/** A session store could not do what it was asked for. */
export class SessionStoreError extends MqttError {
  readonly kind = 'session-store';
  readonly problem: SessionStoreProblem;
  constructor(problem: SessionStoreProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.problem = problem;
  }
}
