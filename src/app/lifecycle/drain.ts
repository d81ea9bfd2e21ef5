import type { Clock } from '../../time/clock.js';
import { orAborted } from '../../time/or-aborted.js';
import type { Logger } from '../logger.js';
import type { DrainReport } from './app.js';
import type { Online } from './go-online.js';

export interface DrainOptions {
  /** Milliseconds for all of it: for the handlers, and for what was published and is not acknowledged yet. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes no more messages, waits for the handlers and for what they published, and says goodbye to the broker. */
export async function drain(
  { client, pipeline, stopDispatch }: Online,
  { timeout, clock, logger }: DrainOptions,
): Promise<Omit<DrainReport, 'ms'>> {
  const late = new AbortController();
  // On a virtual clock even 0 milliseconds pass only when somebody moves it.
  if (timeout === 0) late.abort();
  const cancel = clock.setTimer(timeout, () => late.abort());
  stopDispatch();
  const before = pipeline.finished;
  await orAborted(pipeline.idle(), late.signal).catch(() => undefined); // too late: what is still open is counted below
  const abandoned = pipeline.open;
  if (abandoned > 0)
    logger.warn(
      { abandoned },
      'Stopped without waiting any longer for handlers. Their messages stay unacknowledged.',
    );
  pipeline.abandon(new Error('The application has stopped and no longer waits for its handlers.'));
  await client.disconnect({ signal: late.signal });
  cancel();
  return { finished: pipeline.finished - before, abandoned };
}
