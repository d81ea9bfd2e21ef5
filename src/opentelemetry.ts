export { openTelemetry } from './app/middleware/opentelemetry/opentelemetry.js';
export type { OpenTelemetryOptions } from './app/middleware/opentelemetry/telemetry.js';
