import { existsSync } from 'node:fs';
import { z } from 'zod';

const schema = z.object({
  MQTT_URL: z.url({ protocol: /^(mqtt|ws)s?$/ }).default('mqtt://localhost:1883'),
  MQTT_CLIENT_ID: z.string().min(1).default('my-app'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(9090),
  // Set by `topicwise run --workers`.
  TOPICWISE_WORKER: z.coerce.number().int().min(1).default(1),
});

export type Env = z.output<typeof schema>;

/** Throws one error that names every variable that is wrong. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const read = schema.safeParse(variables);
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`The environment is wrong, see .env.example. ${wrong.join('; ')}`);
}

/** Where a worker serves its metrics: the first on the port itself, each other on the one behind. */
export function metricsPort({
  METRICS_PORT,
  TOPICWISE_WORKER,
}: Pick<Env, 'METRICS_PORT' | 'TOPICWISE_WORKER'>): number {
  return METRICS_PORT === 0 ? 0 : METRICS_PORT + TOPICWISE_WORKER - 1;
}

if (existsSync('.env')) process.loadEnvFile('.env');

export const env = readEnv(process.env);
