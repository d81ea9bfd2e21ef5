import { expect, it } from 'vitest';
import { resolveSettings } from '../../../src/broker/settings.js';
import { Connection } from '../../../src/broker/state/connection.js';
import { Session, type Subscription } from '../../../src/broker/state/session.js';
import { SharedGroup } from '../../../src/broker/state/shared-group.js';
import { request } from '../../support/broker/raw-client.js';

function member(name: string, group: SharedGroup): Subscription {
  const session = new Session(name, 5, resolveSettings({}).limits);
  session.connection = new Connection({ send: () => {}, close: () => {} }, 0, 0);
  const options = request({ filter: group.key });
  return { session, filter: group.key, grantedQoS: 1, options, identifier: undefined, group };
}

const turns = (group: SharedGroup, count: number) =>
  Array.from({ length: count }, () => group.next()?.session.clientId).join(' ');

it('takes its members in turn, and keeps the turn when one leaves or subscribes again', () => {
  const group = new SharedGroup('$share/g/a', 'a', 0);
  expect(group.next()).toBeUndefined();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => member(name, group)) as [
    Subscription,
    Subscription,
    Subscription,
  ];
  for (const each of [a, b, c]) group.put(each);
  expect(turns(group, 4)).toBe('a b c a');
  group.put({ ...a, grantedQoS: 0 });
  expect(turns(group, 1)).toBe('b');
  group.remove(a);
  expect(turns(group, 3)).toBe('c b c');
  group.remove(c);
  group.remove(c);
  expect(turns(group, 2)).toBe('b b');
  group.remove(b);
  expect([group.isEmpty, group.next()]).toEqual([true, undefined]);
});

it('passes over who is not connected, unless nobody is', () => {
  const group = new SharedGroup('$share/g/a', 'a', 0);
  const [a, b] = ['a', 'b'].map((name) => member(name, group)) as [Subscription, Subscription];
  for (const each of [a, b]) group.put(each);
  a.session.connection = undefined;
  expect(turns(group, 2)).toBe('b b');
  b.session.connection = undefined;
  expect(turns(group, 2)).toBe('a b');
});

it.each([
  [0, 'a b c a'],
  [0.34, 'b c a b'],
  [0.99, 'c a b c'],
])('lets chance say who begins: %f', (chance, order) => {
  const group = new SharedGroup('$share/g/a', 'a', chance);
  for (const name of ['a', 'b', 'c']) group.put(member(name, group));
  expect(turns(group, 4)).toBe(order);
});
