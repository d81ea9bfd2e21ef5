import { expect, it } from 'vitest';
import { readEnv } from '../src/env.js';

it('has a default for everything', () => {
  expect(readEnv({})).toEqual({ MQTT_URL: 'mqtt://localhost:1883', MQTT_CLIENT_ID: 'my-app' });
});

it('names every variable that is wrong', () => {
  expect(() => readEnv({ MQTT_URL: 'nowhere', MQTT_CLIENT_ID: '' })).toThrow(
    /MQTT_URL: .*; MQTT_CLIENT_ID: /,
  );
});
