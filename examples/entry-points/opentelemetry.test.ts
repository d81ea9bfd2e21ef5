import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app, opening, startTracing } from './opentelemetry.js';

it('topicwise/opentelemetry: has a span for each message, inside the trace of whoever published it', async () => {
  const spans = new InMemorySpanExporter();
  startTracing(new SimpleSpanProcessor(spans));
  try {
    await using test = await createTestApp(app);
    await test.deliver(opening, 'left');
    await test.deliver(opening, 'left');
    expect(
      test.logs.flatMap(({ message, facts }) =>
        'durationMs' in facts ? [`${message} ${facts['route']}`] : [],
      ),
    ).toEqual(['A message was handled. onOpened', 'A message was known, and not handled again. onOpened']);
  } finally {
    for (const api of [trace, propagation, context]) api.disable();
  }
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual(
    Array(2).fill('process socks/+drawer/opened'),
  );
});
