import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createApp, dedupe, defineTopic, logging } from 'topicwise';
import { openTelemetry } from 'topicwise/opentelemetry';

const opened = defineTopic('socks/+drawer/opened', { codec: 'text' });

/** What `@opentelemetry/sdk-node` does, in four lines. */
export function startTracing(processor: SpanProcessor): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'drawers' },
  middleware: [openTelemetry(), logging(), dedupe({ key: ({ topic }) => topic, window: '5s' })],
});
app.on(opened, ({ params, log }) => log.info({}, `Drawer ${params.drawer} was opened.`), {
  name: 'onOpened',
});

export const opening = opened.to({ drawer: 'hall' });
