import { context as active, type Context, SpanKind, trace } from '@opentelemetry/api';
import type { Middleware, MiddlewareContext, Outcome } from '../middleware.js';
import {
  ATTEMPTS,
  CLIENT_ID,
  DESTINATION_NAME,
  DUPLICATE,
  ERROR_TYPE,
  errorType,
  labels,
  OPERATION_TYPE,
  OUTCOME,
  ROUTE,
} from './conventions.js';
import { markFailed, type Telemetry, timeOf } from './telemetry.js';
import { extractContext, spanContextOf } from './trace-context.js';

const OPERATION = 'process';

/** A span and a measurement for each message and route, around all attempts. */
export function consumerSpans(telemetry: Telemetry): Middleware {
  /** Messages that the policy starts over: they were counted. */
  const counted = new WeakSet<object>();

  return async function openTelemetry(message, next, context) {
    const { clock, pattern } = context;
    const creation = extractContext(telemetry.propagator, message.properties.userProperties);
    const producer = spanContextOf(creation);
    const common = labels(OPERATION, pattern, context.share, telemetry.attributes);
    const began = clock.now();
    const span = telemetry.tracer.startSpan(
      `${OPERATION} ${pattern}`,
      {
        kind: SpanKind.CONSUMER,
        startTime: timeOf(began),
        attributes: {
          ...common,
          [OPERATION_TYPE]: 'process',
          [DESTINATION_NAME]: message.topic,
          [CLIENT_ID]: context.clientId,
          [ROUTE]: context.route,
        },
        links: producer ? [{ context: producer }] : [],
      },
      // Not of what is active: the connection was opened in some context that has nothing to do with the message.
      isChild(telemetry, message, context) ? creation : trace.deleteSpan(creation),
    );
    const inside = trace.setSpan(creation, span);

    const over = (type: string | undefined) => {
      const ended = clock.now();
      span.end(timeOf(ended));
      const failed = type === undefined ? common : { ...common, [ERROR_TYPE]: type };
      const { processDuration, consumed } = telemetry.instruments;
      processDuration.record((ended - began) / 1_000, failed, inside);
      if (!counted.delete(message)) consumed.add(1, failed, inside);
    };

    let outcome: Outcome;
    try {
      outcome = await inContext(inside, next);
    } catch (error) {
      const type = errorType(error);
      markFailed(span, { type, error, at: clock.now() });
      over(type);
      counted.add(message);
      throw error;
    }
    const { status, attempts, error } = outcome;
    span.setAttributes({
      [OUTCOME]: status,
      [ATTEMPTS]: attempts,
      ...(outcome.duplicate && { [DUPLICATE]: true }),
    });
    const type = failureOf(outcome);
    if (type !== undefined) markFailed(span, { type, error, at: clock.now() });
    over(type);
    return outcome;
  };
}

/** Where several get the message, its producer's trace would be all of theirs; a retained one may be days old. */
function isChild(
  { parent }: Telemetry,
  { retain }: { readonly retain: boolean },
  { routes }: MiddlewareContext,
): boolean {
  return parent === 'alone' && routes === 1 && !retain;
}

/** An error that was an answer is none; a message that was given up without one, neither. */
function failureOf({ status, error }: Outcome): string | undefined {
  if (status === 'acked') return undefined;
  if (error !== undefined) return errorType(error);
  return status === 'dropped' ? undefined : status;
}

function inContext<T>(context: Context, run: () => Promise<T>): Promise<T> {
  return active.with(context, () => run());
}
