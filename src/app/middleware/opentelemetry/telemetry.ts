import {
  type Attributes,
  type HrTime,
  type MeterProvider,
  propagation,
  type Span,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { describeThrown } from '../../thrown.js';
import { ERROR_TYPE } from './conventions.js';
import { createInstruments, type Instruments } from './instruments.js';
import type { Propagator } from './trace-context.js';

const SCOPE = 'topicwise';

export interface OpenTelemetryOptions {
  /** Default: the global one, whenever it is registered. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the global one when the first message comes or goes. */
  readonly meterProvider?: MeterProvider;
  /** How a trace context is written into user properties. Default: the global one, which OpenTelemetry's SDK for Node sets to W3C trace context and baggage. */
  readonly propagator?: TextMapPropagator;
  /**
   * Whether the span of a handler is a child of the span that published its message. `alone`: where this handler is the only one of the application to get the message, and the broker had not retained it.
   * `never`: it begins a trace of its own. A link leads from the one to the other in any case. Default 'alone'.
   */
  readonly parent?: 'alone' | 'never';
  /** Of every span and every metric, such as `{ 'server.address': 'broker.example' }`: values of a small set. */
  readonly attributes?: Attributes;
}

/** What the spans and metrics of one middleware are made with. */
export class Telemetry {
  readonly attributes: Attributes | undefined;
  readonly parent: 'alone' | 'never';
  readonly propagator: Propagator;
  readonly #options: OpenTelemetryOptions;
  #tracer: Tracer | undefined;
  #instruments: Instruments | undefined;

  constructor(options: OpenTelemetryOptions) {
    const { parent = 'alone', propagator = propagation, attributes } = options;
    if (parent !== 'alone' && parent !== 'never')
      throw new TypeError(
        `openTelemetry({ parent }) is ${JSON.stringify(parent)}. Write 'alone' or 'never'.`,
      );
    this.parent = parent;
    this.propagator = propagator;
    this.attributes = attributes;
    this.#options = options;
  }

  get tracer(): Tracer {
    this.#tracer ??= (this.#options.tracerProvider ?? trace).getTracer(SCOPE);
    return this.#tracer;
  }

  /** Made with the first message: instruments of before the SDK is registered count nothing for ever. */
  get instruments(): Instruments {
    this.#instruments ??= createInstruments(this.#options.meterProvider, SCOPE);
    return this.#instruments;
  }
}

/** Milliseconds of a clock since the epoch; as a number, OpenTelemetry would take an early time of a virtual clock for one since the process began. */
export function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}

/** Says on a span what went wrong. `type` is of a small set. */
export function markFailed(
  span: Span,
  { type, error, at }: { readonly type: string; readonly error: unknown; readonly at: number },
): void {
  span.setAttribute(ERROR_TYPE, type);
  if (error === undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    return;
  }
  const { name, message } = describeThrown(error);
  const stack = error instanceof Error ? error.stack : undefined;
  span.recordException({ name, message, ...(stack !== undefined && { stack }) }, timeOf(at));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
