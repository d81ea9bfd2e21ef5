import type { ReasonCode } from '../packets/reason-codes.js';
import type { Exchange } from '../session/exchange.js';
import type { Session } from '../session/session.js';
import type { Clock } from '../time/clock.js';
import { AnswerWatch } from './answer-watch.js';
import type { Connection } from './connection.js';
import { AckTimeoutError } from './errors.js';
import { KeepAlive } from './keep-alive.js';

export interface LivenessSettings {
  readonly clock: Clock;
  /** Seconds, 0 is off: what client and server agreed on. */
  readonly keepAlive: number;
  /** Milliseconds. */
  readonly ackTimeout: number | undefined;
}

/** Whether the server at the other end of one connection still lives: it is neither silent for too long, nor leaves unanswered what it got. */
export class Liveness {
  readonly #keepAlive: KeepAlive;
  readonly #answers: AnswerWatch | undefined;

  /** `dead` is called with what happened, as the reason code that the specification has for it. */
  constructor(
    { clock, keepAlive, ackTimeout }: LivenessSettings,
    connection: Connection,
    session: Session,
    dead: (reasonCode: ReasonCode, cause: Error) => void,
  ) {
    this.#keepAlive = new KeepAlive(clock, keepAlive, {
      lastReadAt: () => connection.readAt,
      lastWriteAt: () => connection.writtenAt,
      paused: () => connection.paused,
      ping: () => session.ping(),
      dead: () => dead(0x8d, silent(keepAlive)),
    });
    this.#answers =
      ackTimeout === undefined
        ? undefined
        : new AnswerWatch(clock, ackTimeout, {
            unanswered: () => session.unanswered(),
            overdue: (exchange) => dead(0x80, unanswered(exchange, ackTimeout)),
          });
  }

  stop(): void {
    this.#keepAlive.stop();
    this.#answers?.stop();
  }
}

function silent(keepAlive: number): Error {
  return new Error(`The server was silent for longer than the keep-alive of ${keepAlive} s allows.`);
}

function unanswered(exchange: Exchange, ackTimeout: number): AckTimeoutError {
  const { packetId } = exchange.request.packet;
  const packet =
    exchange.kind !== 'publish'
      ? `${exchange.kind.toUpperCase()} ${packetId}`
      : exchange.phase === 'publish'
        ? `PUBLISH ${packetId} for "${exchange.request.packet.topic}"`
        : `PUBREL ${packetId} for "${exchange.request.packet.topic}"`;
  return new AckTimeoutError(
    `The server did not answer ${packet} within the ackTimeout of ${ackTimeout} ms.`,
  );
}
