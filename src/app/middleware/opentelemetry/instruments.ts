import { type Counter, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api';

/** Seconds, as the conventions advise. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface Instruments {
  readonly processDuration: Histogram;
  readonly consumed: Counter;
  readonly operationDuration: Histogram;
  readonly sent: Counter;
}

/** The metrics of the conventions for messaging clients. */
export function createInstruments(provider: MeterProvider | undefined, scope: string): Instruments {
  const meter = provider ? provider.getMeter(scope) : metrics.getMeter(scope);
  const duration = (name: string, description: string) =>
    meter.createHistogram(name, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: buckets },
    });
  const count = (name: string, description: string) =>
    meter.createCounter(name, { description, unit: '{message}' });
  return {
    processDuration: duration('messaging.process.duration', 'Duration of processing operation.'),
    consumed: count(
      'messaging.client.consumed.messages',
      'Number of messages that were delivered to the application.',
    ),
    operationDuration: duration(
      'messaging.client.operation.duration',
      'Duration of messaging operation initiated by a producer or consumer client.',
    ),
    sent: count(
      'messaging.client.sent.messages',
      'Number of messages producer attempted to send to the broker.',
    ),
  };
}
