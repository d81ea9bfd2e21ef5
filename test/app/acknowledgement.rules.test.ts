import { FakeBroker } from 'topicwise/testing';
import { describe } from 'vitest';
import { defineAcknowledgementSuite } from '../support/app/acknowledgement-suite.js';
import { readLogOf, readTranscript } from '../support/app/wire.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describe.each([5, 4] as const)('acknowledgements on FakeBroker, %i', (protocol) => {
  defineAcknowledgementSuite({ protocol, broker: () => new FakeBroker(), read: readTranscript });
});

describeWithMosquitto('acknowledgements on mosquitto', (mosquitto) => {
  describe.each([5, 4] as const)('%i', (protocol) => {
    const read = readLogOf(mosquitto);
    defineAcknowledgementSuite({ protocol, broker: () => mosquitto().url, read });
  });
});
