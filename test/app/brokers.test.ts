import { FakeBroker } from 'topicwise/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { startAedes } from '../support/aedes.js';
import { defineApplicationSuite } from '../support/app/application-suite.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describe.each([
  { protocol: 5, overlap: 'once' },
  { protocol: 5, overlap: 'per-subscription' },
  { protocol: 4, overlap: 'once' },
] as const)('the application on FakeBroker, $protocol, overlap: $overlap', ({ protocol, overlap }) => {
  defineApplicationSuite({ protocol, broker: () => new FakeBroker({ overlap }) });
});

describeWithMosquitto('the application on mosquitto, MQTT 5', (mosquitto) => {
  defineApplicationSuite({ protocol: 5, broker: () => mosquitto().url });
});

describeWithMosquitto('the application on mosquitto, MQTT 3.1.1', (mosquitto) => {
  defineApplicationSuite({ protocol: 4, broker: () => mosquitto().url });
});

describe('the application on aedes, MQTT 3.1.1', () => {
  let aedes: Awaited<ReturnType<typeof startAedes>>;
  beforeAll(async () => {
    aedes = await startAedes();
  });
  afterAll(() => aedes.stop());
  defineApplicationSuite({ protocol: 4, broker: () => aedes.url });
});
