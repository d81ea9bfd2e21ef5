import {
  type Attributes,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import {
  type AppOptions,
  createApp,
  deadLetter,
  defineTopic,
  drop,
  type Middleware,
  on,
  otherwise,
  ReplyError,
  reject,
  retry,
} from 'topicwise';
import { type OpenTelemetryOptions, openTelemetry } from 'topicwise/opentelemetry';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const reading = defineTopic('sensors/+id/reading', { codec: 'text' });
const alert = defineTopic('sensors/+id/alert', { codec: 'text' });
const question = defineTopic('sensors/+id/question', { codec: 'text', reply: z.string() });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** Of a trace that a device began. */
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = ['traceparent', `00-${traceId}-${spanId}-01`] as const;

// What is active in a handler is a thing of the process; everything else is handed in.
beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** Exporters in memory, and middleware that exports to them. */
function instrumentation(options: OpenTelemetryOptions = {}) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 2 ** 31 - 1 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const propagator = new W3CTraceContextPropagator();
  return {
    middleware: openTelemetry({ tracerProvider, meterProvider, propagator, ...options }),
    tracerProvider,
    spans: () => exporter.getFinishedSpans(),
    span(name: string): ReadableSpan {
      const found = exporter.getFinishedSpans().find((span) => span.name === name);
      if (!found) throw new Error(`There is no span "${name}".`);
      return found;
    },
    /** Each metric with its points: attributes, and the count or the sum. */
    async metrics(): Promise<Record<string, [attributes: Attributes, value: unknown][]>> {
      await reader.forceFlush();
      const all =
        measured
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      await meterProvider.shutdown();
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => [
            attributes,
            typeof value === 'number' ? value : [value.count, 'sum' in value ? value.sum : undefined],
          ]),
        ]),
      );
    },
  };
}

type Instrumentation = ReturnType<typeof instrumentation>;

function app(
  { middleware }: Instrumentation,
  options: Partial<AppOptions> & { protocol?: 4 | 5 } = {},
): ReturnType<typeof createApp> {
  const { protocol = 5, ...rest } = options;
  return createApp({ connection: { ...connection, protocol }, middleware: [middleware], ...rest });
}

const deliver = (t: TestApp, userProperties: Iterable<readonly [string, string]> = [traceparent]) =>
  t.deliver(reading.to({ id: 7 }), 'x', { userProperties });

describe('the span of a handler', () => {
  it('is named by the pattern, and has the topic as an attribute', async () => {
    const otel = instrumentation({ attributes: { 'server.address': 'broker.example' } });
    const tested = app(otel);
    tested.on(reading, () => undefined, { name: 'onReading', share: 'workers' });
    await using t = await createTestApp(tested);
    await deliver(t, []);
    const span = otel.span('process sensors/+id/reading');
    expect(span.kind).toBe(SpanKind.CONSUMER);
    expect(span.attributes).toEqual({
      'server.address': 'broker.example',
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'sensors/7/reading',
      'messaging.destination.template': 'sensors/+id/reading',
      'messaging.consumer.group.name': 'workers',
      'messaging.client.id': 'app',
      'topicwise.route': 'onReading',
      'topicwise.outcome': 'acked',
      'topicwise.attempts': 1,
    });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect([span.parentSpanContext, span.links]).toEqual([undefined, []]);
  });

  it('rule 17: is a child of the span that published the message, and linked to it, where no other handler gets it', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, () => undefined);
    await using t = await createTestApp(tested);
    await deliver(t, [traceparent, ['tracestate', 'vendor=1']]);
    const span = otel.span('process sensors/+id/reading');
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext).toMatchObject({ traceId, spanId, isRemote: true });
    expect(span.spanContext().traceState?.get('vendor')).toBe('1');
    expect(span.links).toMatchObject([{ context: { traceId, spanId } }]);
  });

  it.each<[string, options: OpenTelemetryOptions, retain: boolean, handlers: number]>([
    ['several handlers get it', {}, false, 2],
    ['the broker had retained it', {}, true, 1],
    ['it is asked for', { parent: 'never' }, false, 1],
  ])(
    'rule 17: begins a trace of its own, linked to the producer, where %s',
    async (_, options, retain, handlers) => {
      const otel = instrumentation(options);
      const tested = app(otel);
      for (let at = 0; at < handlers; at++)
        tested.on(reading, () => undefined, { name: `handler ${at}`, retainAsPublished: true });
      await using t = await createTestApp(tested);
      await t.deliver(reading.to({ id: 7 }), 'x', { userProperties: [traceparent], retain });
      const spans = otel.spans();
      expect(spans).toHaveLength(handlers);
      for (const span of spans) {
        expect(span.spanContext().traceId).not.toBe(traceId);
        expect(span.parentSpanContext).toBeUndefined();
        expect(span.links).toMatchObject([{ context: { traceId, spanId } }]);
      }
    },
  );

  it.each<[string, Iterable<readonly [string, string]>]>([
    ['none', []],
    ['one that is damaged', [['traceparent', '00-nonsense']]],
  ])('begins a trace of its own where the message carries %s', async (_, userProperties) => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, () => undefined);
    await using t = await createTestApp(tested);
    expect(await deliver(t, userProperties)).toMatchObject({ outcome: 'acked', errors: [] });
    const span = otel.span('process sensors/+id/reading');
    expect([span.parentSpanContext, span.links]).toEqual([undefined, []]);
  });

  it('does not belong to whatever was active when the application started', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, () => undefined);
    const starting = otel.tracerProvider.getTracer('test').startSpan('starting');
    await context.with(trace.setSpan(ROOT_CONTEXT, starting), async () => {
      await using t = await createTestApp(tested);
      await deliver(t, []);
    });
    expect(otel.span('process sensors/+id/reading').parentSpanContext).toBeUndefined();
  });

  it('is active in the handler, in every attempt, and takes as long as all of them', async () => {
    const otel = instrumentation();
    const tested = app(otel, {
      errors: [otherwise(retry(1, { from: '2s', jitter: 'none' }), drop())],
    });
    const seen: (string | undefined)[] = [];
    tested.on(reading, ({ attempt }) => {
      seen.push(trace.getActiveSpan()?.spanContext().spanId);
      if (attempt === 1) throw new Error('not yet');
    });
    await using t = await createTestApp(tested);
    await deliver(t);
    const span = otel.span('process sensors/+id/reading');
    expect(seen).toEqual([span.spanContext().spanId, span.spanContext().spanId]);
    expect(span.duration).toEqual([2, 0]);
    expect(span.attributes).toMatchObject({ 'topicwise.outcome': 'acked', 'topicwise.attempts': 2 });
    expect([span.status.code, span.attributes['error.type']]).toEqual([SpanStatusCode.UNSET, undefined]);
  });

  it('says how and why a message failed', async () => {
    const otel = instrumentation();
    const tested = app(otel, { errors: [on(TypeError, drop()), otherwise(reject(0x83))] });
    tested.on(reading, () => {
      throw new TypeError('no number');
    });
    await using t = await createTestApp(tested);
    await deliver(t);
    const span = otel.span('process sensors/+id/reading');
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no number' });
    expect(span.attributes).toMatchObject({ 'topicwise.outcome': 'dropped', 'error.type': 'TypeError' });
    expect(span.events).toMatchObject([
      {
        name: 'exception',
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': 'no number',
          'exception.stacktrace': expect.stringContaining('opentelemetry.test.ts'),
        },
      },
    ]);
  });

  it.each<[string, handler: () => unknown, outcome: string, type: string | undefined]>([
    [
      'something thrown that is no error',
      () => {
        throw 'up';
      },
      'dead-lettered',
      '_OTHER',
    ],
    ['a refusal of the handler`s', () => 'refuse', 'rejected', 'rejected'],
  ])('has an error.type of a small set for %s', async (_, handler, outcome, type) => {
    const otel = instrumentation();
    const tested = app(otel, { errors: [otherwise(deadLetter())] });
    tested.on(
      reading,
      async (message) => {
        if (handler() === 'refuse') await message.reject(0x87);
      },
      { ack: 'manual' },
    );
    await using t = await createTestApp(tested);
    await deliver(t);
    const span = otel.span('process sensors/+id/reading');
    expect(span.attributes).toMatchObject({ 'topicwise.outcome': outcome, 'error.type': type });
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('has no error where the error was an answer, or a middleware gave the message up', async () => {
    const otel = instrumentation();
    const skip: Middleware = async (message, next) =>
      message.topic.endsWith('reading') ? { status: 'dropped', attempts: 0 } : next();
    const tested = app(otel, { middleware: [otel.middleware, skip] });
    tested.on(reading, () => undefined);
    tested.on(question, () => {
      throw new ReplyError('not-found', 'No such sensor');
    });
    await using t = await createTestApp(tested);
    await deliver(t);
    await expect(t.request(question.to({ id: 7 }), 'x')).rejects.toThrow('No such sensor');
    for (const name of ['process sensors/+id/reading', 'process sensors/+id/question']) {
      const span = otel.span(name);
      expect([span.status.code, span.attributes['error.type']]).toEqual([SpanStatusCode.UNSET, undefined]);
    }
  });

  it('is one for each round that a middleware inside breaks off; the message is counted once', async () => {
    const otel = instrumentation();
    let rounds = 0;
    const broken: Middleware = (_message, next) => {
      if (++rounds === 1) throw new RangeError('not yet');
      return next();
    };
    const tested = app(otel, {
      middleware: [otel.middleware, broken],
      errors: [otherwise(retry(1), drop())],
    });
    tested.on(reading, () => undefined);
    await using t = await createTestApp(tested);
    await deliver(t);
    expect(otel.spans().map(({ attributes }) => attributes['error.type'])).toEqual(['RangeError', undefined]);
    const { 'messaging.client.consumed.messages': consumed } = await otel.metrics();
    expect(consumed?.map(([, value]) => value)).toEqual([1]);
  });

  it('ends when the application no longer waits for its handler', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, () => new Promise<void>(() => {}), { timeout: 0 });
    const t = await createTestApp(tested);
    const delivery = deliver(t).catch(() => undefined);
    await t.clock.settle();
    await t.app.stop({ timeout: 0 });
    await t[Symbol.asyncDispose]();
    await delivery;
    expect(otel.span('process sensors/+id/reading').attributes).toMatchObject({
      'topicwise.outcome': 'held',
      'error.type': 'held',
    });
  });

  it('says that a message was a duplicate', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, () => undefined, { dedupe: { key: () => 'one', window: '1m' } });
    await using t = await createTestApp(tested);
    await deliver(t);
    await deliver(t);
    expect(otel.spans().map(({ attributes }) => attributes['topicwise.duplicate'])).toEqual([
      undefined,
      true,
    ]);
  });
});

describe('the span of a publish', () => {
  it('is named by the pattern, is the child of the handler`s, and travels with the message', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(
      reading,
      async () => alert.message({ id: 1 }, 'returned', { userProperties: [['unit', 'K']] }),
      { sends: [alert] },
    );
    await using t = await createTestApp(tested);
    await deliver(t);
    const handled = otel.span('process sensors/+id/reading').spanContext();
    const span = otel.span('publish sensors/+id/alert');
    expect(span.kind).toBe(SpanKind.PRODUCER);
    expect(span.attributes).toEqual({
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'sensors/1/alert',
      'messaging.destination.template': 'sensors/+id/alert',
      'messaging.client.id': 'app',
      'topicwise.reason_code': 0x10,
    });
    expect(span.parentSpanContext?.spanId).toBe(handled.spanId);
    expect([...(t.published(alert)[0]?.properties.userProperties ?? [])]).toEqual([
      ['unit', 'K'],
      ['traceparent', `00-${traceId}-${span.spanContext().spanId}-01`],
    ]);
  });

  it('connects one application with the next: publisher, counted publish, request and reply', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(reading, (message) => message.publish(alert.to({ id: 7 }), 'hot'));
    tested.on(alert, () => undefined);
    tested.on(question, () => 'fine');
    await using t = await createTestApp(tested);
    await t.app.publisher.publish(reading.to({ id: 7 }), 'x');
    await t.settled();
    expect(await t.app.publisher.request(question.to({ id: 7 }), 'how')).toBe('fine');
    await t.settled();
    const byId = new Map(otel.spans().map((span) => [span.spanContext().spanId, span.name]));
    const parents = otel
      .spans()
      .map(({ name, parentSpanContext }) => [name, byId.get(parentSpanContext?.spanId ?? '')]);
    expect(parents.sort()).toEqual([
      ['process sensors/+id/alert', 'publish sensors/+id/alert'],
      ['process sensors/+id/question', 'request sensors/+id/question'],
      ['process sensors/+id/reading', 'publish sensors/+id/reading'],
      ['publish sensors/+id/alert', 'process sensors/+id/reading'],
      ['publish sensors/+id/reading', undefined],
      ['reply', 'process sensors/+id/question'],
      ['request sensors/+id/question', undefined],
    ]);
    expect(otel.span('reply').attributes).toMatchObject({ 'messaging.destination.temporary': true });
  });

  it('leaves a dead letter the context that its message came with, also after waits', async () => {
    const otel = instrumentation();
    const tested = app(otel, { errors: [otherwise(retry(1, { from: '1s' }), deadLetter())] });
    tested.on(reading, () => {
      throw new Error('no');
    });
    await using broker = new FakeBroker();
    await using t = await createTestApp(tested, { broker });
    await deliver(t);
    const span = otel.span('dead-letter');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.links).toMatchObject([{ context: { traceId, spanId } }]);
    expect(span.parentSpanContext?.spanId).toBe(
      otel.span('process sensors/+id/reading').spanContext().spanId,
    );
    expect(span.attributes).toMatchObject({ 'messaging.destination.name': 'dead-letter/sensors/7/reading' });
    const [letter] = t.published(defineTopic('dead-letter/#rest'));
    expect(letter?.properties.userProperties.getAll('traceparent')).toEqual([traceparent[1]]);
  });

  it('leaves a message the context that its publisher wrote into it', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(alert, () => undefined);
    await using t = await createTestApp(tested);
    await t.app.publisher.publish(reading.to({ id: 7 }), 'x', { userProperties: [traceparent] });
    expect([...(t.published(reading)[0]?.properties.userProperties ?? [])]).toEqual([traceparent]);
    const span = otel.span('publish sensors/+id/reading');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.links).toMatchObject([{ context: { traceId, spanId } }]);
  });

  it('says why a message was not published', async () => {
    const otel = instrumentation();
    const tested = app(otel);
    tested.on(alert, () => undefined);
    await using t = await createTestApp(tested);
    const published = t.app.publisher.publish(reading.to({ id: 7 }), 'x', { messageExpiryInterval: -1 });
    await expect(published).rejects.toThrow();
    const span = otel.span('publish sensors/+id/reading');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('InvalidPacketError');
  });

  it('on MQTT 3.1.1 puts nothing into the message: spans are there, and not connected', async () => {
    const otel = instrumentation();
    const tested = app(otel, { protocol: 4 });
    tested.on(reading, (message) => message.publish(alert.to({ id: 7 }), 'hot'));
    tested.on(alert, () => undefined);
    await using t = await createTestApp(tested);
    expect(await t.deliver(reading.to({ id: 7 }), 'x')).toMatchObject({ outcome: 'acked', errors: [] });
    await t.settled();
    expect(otel.span('publish sensors/+id/alert').kind).toBe(SpanKind.CLIENT);
    const received = otel.span('process sensors/+id/alert');
    expect([received.parentSpanContext, received.links]).toEqual([undefined, []]);
  });
});

describe('metrics', () => {
  it('rule 17: count and time by pattern, never by topic', async () => {
    const otel = instrumentation();
    const tested = app(otel, { errors: [otherwise(drop())] });
    tested.on(reading, async (message) => {
      await t.clock.advance('40ms');
      if (message.payload === 'bad') throw new TypeError('no');
      await message.publish(alert.to({ id: message.params.id }), 'hot');
    });
    await using t = await createTestApp(tested);
    for (const id of [1, 2, 3]) await t.deliver(reading.to({ id }), 'x');
    await t.deliver(reading.to({ id: 4 }), 'bad');
    await expect(
      t.app.publisher.publish(alert.to({ id: 5 }), 'x', { messageExpiryInterval: -1 }),
    ).rejects.toThrow();
    const process = {
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'process',
      'messaging.destination.template': 'sensors/+id/reading',
    };
    const publish = {
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'publish',
      'messaging.destination.template': 'sensors/+id/alert',
    };
    const failed = { ...process, 'error.type': 'TypeError' };
    const refused = { ...publish, 'error.type': 'InvalidPacketError' };
    expect(await otel.metrics()).toEqual({
      'messaging.process.duration': [
        [process, [3, expect.closeTo(0.12)]],
        [failed, [1, expect.closeTo(0.04)]],
      ],
      'messaging.client.consumed.messages': [
        [process, 3],
        [failed, 1],
      ],
      'messaging.client.operation.duration': [
        [publish, [3, 0]],
        [refused, [1, 0]],
      ],
      'messaging.client.sent.messages': [
        [publish, 3],
        [refused, 1],
      ],
    });
  });
});

describe('openTelemetry()', () => {
  it('uses what is registered globally, also where that is after it was made', async () => {
    const otel = instrumentation();
    const middleware = openTelemetry();
    const tested = createApp({ connection, middleware: [middleware] });
    tested.on(reading, () => undefined);
    trace.setGlobalTracerProvider(otel.tracerProvider);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    try {
      await using t = await createTestApp(tested);
      await deliver(t);
    } finally {
      trace.disable();
      propagation.disable();
      metrics.disable();
    }
    expect(otel.span('process sensors/+id/reading').parentSpanContext).toMatchObject({ traceId, spanId });
  });

  it('does nothing where nothing is registered', async () => {
    const tested = createApp({ connection, middleware: [openTelemetry()] });
    tested.on(reading, (message) => message.publish(alert.to({ id: 1 }), 'hot'));
    await using t = await createTestApp(tested);
    expect(await deliver(t)).toMatchObject({ outcome: 'acked', errors: [] });
    expect([...(t.published(alert)[0]?.properties.userProperties ?? [])]).toEqual([]);
  });

  it('refuses a parent that there is not', () => {
    expect(() => openTelemetry({ parent: 'always' as never })).toThrow(
      `openTelemetry({ parent }) is "always". Write 'alone' or 'never'.`,
    );
  });
});
