import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';

/** What a caller in JavaScript, or behind a cast, may hand in. */
const wrong: readonly (readonly [options: object, message: string])[] = [
  [{ versoin: 5 }, 'Broker: the broker has no option versoin. Its options are version, overlap, '],
  [
    { limits: { queuedMessage: 3 } },
    'Broker: limits has no option queuedMessage. Its options are connections, ',
  ],
  [
    { capabilities: { sharedSubscription: false } },
    'Broker: capabilities has no option sharedSubscription. ',
  ],
  [{ version: 3 }, 'Broker: version is 3. Give undefined or 4 or 5.'],
  [{ version: '5' }, "Broker: version is '5'. Give undefined or 4 or 5."],
  [{ overlap: 'Once' }, "Broker: overlap is 'Once'. Give undefined or 'once' or 'per-subscription'."],
  [{ capabilities: { retain: 'no' } }, "Broker: capabilities.retain is 'no'. Give true or false."],
  [{ capabilities: { wildcards: 0 } }, 'Broker: capabilities.wildcards is 0. Give true or false.'],
  [{ capabilities: null }, 'Broker: capabilities is null. Give an object of options.'],
  [
    { capabilities: { maximumQoS: 3 } },
    'Broker: capabilities.maximumQoS is 3. Give a whole number from 0 to 2.',
  ],
  [{ limits: { sessions: '3' } }, "Broker: limits.sessions is '3'. Give a whole number from 0 to "],
  [{ limits: 3 }, 'Broker: limits is 3. Give an object of options.'],
  [{ authenticate: 0 }, 'Broker: authenticate is 0. Give a function.'],
  [{ authorize: {} }, 'Broker: authorize is an object (Object). Give a function.'],
  [
    { authenticationMethods: { SCRAM: 0x87 } },
    "Broker: authenticationMethods['SCRAM'] is 135. Give a function.",
  ],
  [
    { authenticationMethods: 'SCRAM' },
    "Broker: authenticationMethods is 'SCRAM'. Give an object of options.",
  ],
];

describe.each([
  ['Broker', (options: object) => new Broker(options)],
  ['FakeBroker', (options: object) => new FakeBroker(options)],
])('%s', (_name, make) => {
  it.each(wrong)('refuses %j', (options, message) => {
    expect(() => make(options)).toThrow(message);
  });

  it('takes an option that is undefined for one that is not there', () => {
    const options = { version: undefined, limits: { sessions: undefined }, capabilities: undefined };
    expect(() =>
      make({ ...options, authenticate: undefined, authenticationMethods: undefined }),
    ).not.toThrow();
  });
});
