// W3C trace context in MQTT 5: `traceparent` and `tracestate` are user properties of these names.
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';

type Pairs = Iterable<readonly [name: string, value: string]>;
export type Propagator = Pick<TextMapPropagator, 'inject' | 'extract'>;

const getter: TextMapGetter<Pairs> = {
  keys: (pairs) => [...pairs].map(([name]) => name),
  get(pairs, name) {
    const values = [...pairs].flatMap(([each, value]) => (each === name ? [value] : []));
    return values.length > 1 ? values : values[0];
  },
};

/** What the publisher of the message said stays. */
const setter: TextMapSetter<(readonly [string, string])[]> = {
  set(pairs, name, value) {
    if (!pairs.some(([each]) => each === name)) pairs.push([name, value]);
  },
};

/** The context in which a message was published, or an empty one. */
export function extractContext(propagator: Propagator, userProperties: Pairs): Context {
  return propagator.extract(ROOT_CONTEXT, userProperties, getter);
}

/** The span that a context names, if it names one. */
export function spanContextOf(context: Context): SpanContext | undefined {
  const found = trace.getSpanContext(context);
  return found && isSpanContextValid(found) ? found : undefined;
}

/** The user properties with those that tell the context. */
export function injectContext(
  propagator: Propagator,
  context: Context,
  userProperties: Pairs,
): Pairs & readonly (readonly [string, string])[] {
  const pairs = [...userProperties];
  propagator.inject(context, pairs, setter);
  return pairs;
}
