import { expect, it } from 'vitest';
import { clientId, metricsPort, readEnv } from '../src/env.js';

it('has a default for everything', () => {
  expect(readEnv({})).toEqual({
    MQTT_URL: 'mqtt://localhost:1883',
    MQTT_CLIENT_ID: 'my-app',
    METRICS_PORT: 9090,
    WORKERS: 4,
  });
});

it('names every variable that is wrong', () => {
  expect(() => readEnv({ MQTT_URL: 'nowhere', WORKERS: '0' })).toThrow(/MQTT_URL: .*; WORKERS: /);
});

it('gives each worker a name and a port of its own', () => {
  const workers = ['1', '2'].map((WORKER) =>
    readEnv({ WORKER, MQTT_CLIENT_ID: 'jobs', METRICS_PORT: '8000' }),
  );
  expect(workers.map(clientId)).toEqual(['jobs-1', 'jobs-2']);
  expect(workers.map(metricsPort)).toEqual([8000, 8001]);
  expect(metricsPort({ METRICS_PORT: 0, WORKER: 2 })).toBe(0);
});
