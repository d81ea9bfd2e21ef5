import { expect, it } from 'vitest';
import { metricsPort, readEnv } from '../src/env.js';

it('has a default for everything', () => {
  expect(readEnv({})).toEqual({
    MQTT_URL: 'mqtt://localhost:1883',
    MQTT_CLIENT_ID: 'my-app',
    METRICS_PORT: 9090,
    TOPICWISE_WORKER: 1,
  });
});

it('names every variable that is wrong', () => {
  expect(() => readEnv({ MQTT_URL: 'nowhere', METRICS_PORT: '-1' })).toThrow(/MQTT_URL: .*; METRICS_PORT: /);
});

it('gives each worker a port of its own', () => {
  const workers = ['1', '2'].map((TOPICWISE_WORKER) => readEnv({ TOPICWISE_WORKER, METRICS_PORT: '8000' }));
  expect(workers.map(metricsPort)).toEqual([8000, 8001]);
  expect(metricsPort({ METRICS_PORT: 0, TOPICWISE_WORKER: 2 })).toBe(0);
});
