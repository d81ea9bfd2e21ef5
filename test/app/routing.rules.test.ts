import { FakeBroker } from 'topicwise/testing';
import { describe } from 'vitest';
import { defineRoutingSuite } from '../support/app/routing-suite.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describe.each([
  { protocol: 5, identifiers: true, copies: 'one' },
  { protocol: 5, identifiers: true, copies: 'each' },
  { protocol: 5, identifiers: false, copies: 'one' },
  { protocol: 5, identifiers: false, copies: 'each' },
  { protocol: 4, identifiers: false, copies: 'one' },
] as const)('routing on FakeBroker, $protocol, identifiers: $identifiers, copies: $copies', (mode) => {
  const { identifiers, copies } = mode;
  defineRoutingSuite({
    ...mode,
    broker: () =>
      new FakeBroker({
        overlap: copies === 'each' ? 'per-subscription' : 'once',
        capabilities: { subscriptionIdentifiers: identifiers },
      }),
  });
});

describeWithMosquitto('routing on mosquitto', (mosquitto) => {
  describe.each([
    { protocol: 5, identifiers: true, copies: 'each' },
    { protocol: 4, identifiers: false, copies: 'one' },
  ] as const)('$protocol', (mode) => {
    defineRoutingSuite({ ...mode, broker: () => mosquitto().url });
  });
});
