import { expect, it } from 'vitest';
import { readEnv } from '../src/env.js';

it('has a default for everything', () => {
  expect(readEnv({})).toEqual({
    MQTT_URL: 'mqtt://localhost:1883',
    MQTT_CLIENT_ID: 'my-app',
    DATABASE_FILE: 'data/readings.db',
    DEAD_LETTER_FILE: 'data/dead-letters.jsonl',
  });
});

it('names every variable that is wrong', () => {
  expect(() => readEnv({ MQTT_URL: 'nowhere', DATABASE_FILE: '' })).toThrow(/MQTT_URL: .*; DATABASE_FILE: /);
});
