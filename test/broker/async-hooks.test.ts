// Hooks answer at once: a promise is refused, and its rejection does not end the process.
import { expect, it } from 'vitest';
import type { BrokerPolicy } from '../../src/broker/index.js';
import { FakeWorld } from '../support/broker/fake-world.js';

/** What a caller without types may hand in. Vitest fails a run in which a rejection was not taken. */
const later = (async () => {
  throw new Error('db down');
}) as unknown as () => 0;

it.each<[string, BrokerPolicy, object]>([
  ['authenticate', { authenticate: later }, {}],
  [
    'authorize',
    { authorize: later },
    { will: { topic: 'w', payload: new Uint8Array(0), qos: 0, retain: false } },
  ],
  [
    'an authentication method',
    // As above.
    { authenticationMethods: { m: later as unknown as () => never } },
    { properties: { authenticationMethod: 'm' } },
  ],
])('refuses with 0x80 and says why where %s returns a promise', async (_, policy, connect) => {
  await using world = new FakeWorld(policy);
  const connack = await (await world.open()).connect({ clientId: 'c', ...connect });
  expect(connack).toMatchObject({ reasonCode: 0x80 });
  expect(connack.properties?.reasonString).toContain('it returned a promise; hooks answer at once');
});
