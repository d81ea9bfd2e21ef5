import type { Outgoing } from '../../contracts/index.js';
import type { PublishProperties, QoS } from '../../packets/packet.js';
import type { Clock, Random } from '../../time/clock.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import type { DeadLetterTopics } from '../policies/dead-letter-topics.js';
import type { Route } from '../routes/route.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import type { Deadlines } from './deadlines.js';
import type { Reports } from './reports.js';
import type { RouteRun } from './route-run.js';

/** Bytes for a topic that no contract of the application's need know: a reply or a dead letter. */
export interface RawPublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly properties: PublishProperties;
}

/** What every run of an application shares. */
export interface RouteContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly prefix: TopicPrefix;
  readonly deadLetters: DeadLetterTopics;
  readonly reports: Reports;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly container: DependencyContainer;
  /** The application has stopped: what has not begun stays with the broker. */
  readonly isAbandoned: boolean;
  /** A controller that is aborted when the application no longer waits for its handlers. */
  abortable(): AbortController;
  /** Its handler is done. */
  release(abort: AbortController): void;
  /** Calls `run.forsake()` when the application no longer waits for its handlers, unless `left` is called before. */
  entered(run: RouteRun): void;
  left(run: RouteRun): void;
  /** Resolves when the broker has taken it. */
  publish(outgoing: Outgoing, route: Route): Promise<void>;
  /** Resolves when the broker has taken it. */
  publishDeadLetter(raw: RawPublish, route: Route): Promise<void>;
  /** Resolves when the broker has taken it. */
  publishReply(raw: RawPublish, route: Route): Promise<void>;
  deadlines(route: Route): Deadlines;
  /** Calls `run.wake()` after this many milliseconds, or `run.abandon()` if the application no longer waits before. */
  wait(run: RouteRun, ms: number): void;
  /** No further message of the route, or of any, is handled until the returned function is called. */
  pause(route: Route, scope: 'route' | 'app'): () => void;
  /** Stops the application, for a reason that is a whole sentence: its `run()` prints it and sets the exit code 1. Returns at once. */
  stop(reason: string): void;
}
