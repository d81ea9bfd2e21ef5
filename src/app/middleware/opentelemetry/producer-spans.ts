import { context as active, type Context, SpanKind, trace } from '@opentelemetry/api';
import type {
  OutgoingMessage,
  PublishContext,
  PublishMiddleware,
  PublishResult,
} from '../publish-middleware.js';
import {
  CLIENT_ID,
  DESTINATION_NAME,
  DESTINATION_TEMPORARY,
  ERROR_TYPE,
  errorType,
  labels,
  OPERATION_TYPE,
  REASON_CODE,
} from './conventions.js';
import { markFailed, type Telemetry, timeOf } from './telemetry.js';
import { extractContext, injectContext, spanContextOf } from './trace-context.js';

const operations: Readonly<Record<PublishContext['kind'], string>> = {
  message: 'publish',
  request: 'request',
  reply: 'reply',
  'dead-letter': 'dead-letter',
};

/** A span and a measurement for each message that is published; its context travels with it. */
export function producerSpans(telemetry: Telemetry): PublishMiddleware {
  return async function openTelemetry(outgoing, next, context) {
    const { kind, pattern, clock, protocolVersion, clientId } = context;
    const operation = operations[kind];
    const { userProperties = [] } = outgoing.properties;
    // What somebody wrote into the message, or it had before it became a dead letter, is not written over.
    const given = spanContextOf(extractContext(telemetry.propagator, userProperties));
    const travels = protocolVersion === 5 && !given;
    const common = labels(operation, pattern, undefined, telemetry.attributes);
    const began = clock.now();
    const span = telemetry.tracer.startSpan(pattern === undefined ? operation : `${operation} ${pattern}`, {
      kind: travels ? SpanKind.PRODUCER : SpanKind.CLIENT,
      startTime: timeOf(began),
      attributes: {
        ...common,
        [OPERATION_TYPE]: 'send',
        [DESTINATION_NAME]: outgoing.topic,
        [CLIENT_ID]: clientId,
        ...(kind === 'reply' && { [DESTINATION_TEMPORARY]: true }),
      },
      links: given ? [{ context: given }] : [],
    });
    const inside = trace.setSpan(active.active(), span);

    const over = (type: string | undefined) => {
      const ended = clock.now();
      span.end(timeOf(ended));
      const failed = type === undefined ? common : { ...common, [ERROR_TYPE]: type };
      const { operationDuration, sent } = telemetry.instruments;
      operationDuration.record((ended - began) / 1_000, failed, inside);
      sent.add(1, failed, inside);
    };

    const told = travels ? withContext(telemetry, outgoing, inside) : outgoing;
    let result: PublishResult;
    try {
      result = await active.with(inside, () => next(told));
    } catch (error) {
      const type = errorType(error);
      markFailed(span, { type, error, at: clock.now() });
      over(type);
      throw error;
    }
    span.setAttribute(REASON_CODE, result.reasonCode);
    over(undefined);
    return result;
  };
}

function withContext(
  { propagator }: Telemetry,
  outgoing: OutgoingMessage,
  context: Context,
): OutgoingMessage {
  const { userProperties = [] } = outgoing.properties;
  const told = injectContext(propagator, context, userProperties);
  if (told.length === userProperties.length) return outgoing;
  return { ...outgoing, properties: { ...outgoing.properties, userProperties: told } };
}
