import { FakeBroker } from 'topicwise/testing';
import { describe } from 'vitest';
import { defineFailureSuite } from '../support/app/failure-suite.js';
import { readLogOf, readTranscript } from '../support/app/wire.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describe.each([5, 4] as const)('failures on FakeBroker, %i', (protocol) => {
  defineFailureSuite({ protocol, broker: () => new FakeBroker(), read: readTranscript });
});

describeWithMosquitto('failures on mosquitto', (mosquitto) => {
  describe.each([5, 4] as const)('%i', (protocol) => {
    const read = readLogOf(mosquitto);
    defineFailureSuite({ protocol, broker: () => mosquitto().url, read });
  });
});
