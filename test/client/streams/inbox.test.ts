// What a lost connection does to queues and readers of a client that goes on connecting.
import { expect, it } from 'vitest';
import { Inbox } from '../../../src/client/streams/inbox.js';
import { LedgerEntry } from '../../../src/session/acknowledgements.js';
import { publish } from '../../support/scripted-peer.js';

function inbox(): Inbox {
  return new Inbox({ settle: () => undefined }, { limit: 10, policy: 'drop-oldest' }, () => undefined);
}

it("an interruption ends readers with onDisconnect 'throw', once and for good; the others go on waiting", async () => {
  const box = inbox();
  const throwing = box.messages({ onDisconnect: 'throw' });
  const late = box.messages({ onDisconnect: 'throw' });
  const waiting = box.messages({ onDisconnect: 'wait' });
  const [first, second] = [throwing.next(), waiting.next()];
  box.interrupted(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await expect(throwing.next()).rejects.toThrow('lost');
  await expect(late.next()).rejects.toThrow('lost');
  box.deliver(publish({ topic: 'again' }), undefined, 2);
  expect((await second).value!.topic).toBe('again');
  expect((await late.return()).done).toBe(true);
});

it('an interruption drops what can no longer be acknowledged, and keeps the rest in order', async () => {
  const box = inbox();
  const entries = [1, 2].map((packetId) => new LedgerEntry(packetId, packetId === 1 ? 1 : 2, 1, 0));
  box.deliver(publish({ topic: 'zero' }), undefined, 1);
  box.deliver(publish({ topic: 'one', packetId: 1 }), entries[0], 1);
  box.deliver(publish({ topic: 'two', packetId: 2, qos: 2 }), entries[1], 1);
  entries[0]!.state = 'stale';
  box.interrupted(new Error('lost'));
  expect(box.length).toBe(2);
  const reader = box.messages({});
  expect([(await reader.next()).value!.topic, (await reader.next()).value!.topic]).toEqual(['zero', 'two']);

  box.deliver(publish({ topic: 'two', packetId: 2, qos: 2 }), entries[1], 1);
  entries[1]!.state = 'stale';
  box.dropStale();
  expect(box.length).toBe(0);
});
