import type { Middleware } from '../middleware.js';
import { consumerSpans } from './consumer-spans.js';
import { producerSpans } from './producer-spans.js';
import { type OpenTelemetryOptions, Telemetry } from './telemetry.js';

/**
 * Traces and metrics of what an application handles and publishes, by OpenTelemetry's semantic conventions for messaging: `createApp({ middleware: [openTelemetry()] })`, first in the list.
 *
 * A span `process <pattern>` around each handler, its retries and its failure policy; `publish <pattern>` (`request`, `reply`, `dead-letter`) around each publish. The context of the second travels in the user properties
 * of MQTT 5 and the first has a link to it, or is its child (`parent`); a message that carries a context already keeps it. MQTT 3.1.1 has no user properties: there spans are not connected. Topics are attributes of
 * spans alone; names and metrics have the pattern.
 *
 * Metrics: `messaging.process.duration`, `messaging.client.consumed.messages`, `messaging.client.operation.duration`, `messaging.client.sent.messages`. All times are of the application's clock.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Middleware {
  const telemetry = new Telemetry(options);
  return Object.assign(consumerSpans(telemetry), { publish: producerSpans(telemetry) });
}
