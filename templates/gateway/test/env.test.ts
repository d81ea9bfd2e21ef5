import { expect, it } from 'vitest';
import { readEnv } from '../src/env.js';

it('has a default for everything', () => {
  expect(readEnv({})).toEqual({
    MQTT_URL: 'mqtt://localhost:1883',
    MQTT_CLIENT_ID: 'my-app',
    HTTP_PORT: 3000,
  });
});

it('names every variable that is wrong', () => {
  expect(() => readEnv({ MQTT_URL: 'nowhere', HTTP_PORT: '70000' })).toThrow(/MQTT_URL: .*; HTTP_PORT: /);
});
