import { decodePayload, parseParams } from '../../contracts/index.js';
import { type Awaitable, isThenable, refusePromise } from '../awaitable.js';
import type { Route } from '../routes/route.js';
import { HandlerMessage } from './handler-message.js';
import type { RouteRun } from './route-run.js';

export type AnyMessage = HandlerMessage<unknown, unknown>;

/** Why there is nothing that a handler could get. */
export class Unreadable {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** What a handler gets for the message of a run, or why it gets nothing; `unwanted`: its route does not want it. */
export type Reading = AnyMessage | Unreadable | 'unwanted';

/** Asks `when`, decodes, validates: a promise only if a schema makes one. Never throws, nor rejects. */
export function readMessage(run: RouteRun): Awaitable<Reading> {
  const { contract, pattern, when } = run.route;
  const { topic, payload, contentType } = run.delivery.message;
  try {
    if (when && !asks(when, run)) return 'unwanted';
    const params: unknown = parseParams(contract, topic, pattern) ?? {};
    const decoded = decodePayload(contract, payload, contentType);
    if (!isThenable(decoded)) return new HandlerMessage(run, params, decoded);
    return decoded.then(
      (value): Reading => new HandlerMessage(run, params, value),
      (error: unknown) => new Unreadable(error),
    );
  } catch (error) {
    return new Unreadable(error);
  }
}

function asks(when: NonNullable<Route['when']>, run: RouteRun): boolean {
  const answer = when(undecodedMessage(run));
  refusePromise(`${run.route.name}: when`, answer);
  return answer;
}

/** The message before it is decoded: its parameters are texts, its payload the bytes. */
export function undecodedMessage(
  run: RouteRun,
): HandlerMessage<Readonly<Record<string, string>>, Uint8Array> {
  const { topic, payload } = run.delivery.message;
  return new HandlerMessage(run, run.route.pattern.match(topic) ?? {}, payload);
}
