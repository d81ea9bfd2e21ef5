import { createTestApp, FakeBroker } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { firstStatus } from './client.js';
import { lines, StatusController, say, status } from './current-message.js';
import { transcriptOfOnePublish } from './testing.js';
import { found, levels, params } from './topics.js';

it('topicwise/client: connects, subscribes, publishes, receives and acknowledges', async () => {
  const broker = new FakeBroker({ clock: 'real' });
  const { url, close } = await broker.listen();
  try {
    expect(await firstStatus(url)).toBe('socks/hall/status {"pairs":7}');
  } finally {
    await close();
  }
  expect(broker.transcript()).toContain('PUBACK');
});

it('topicwise/topics: matches, takes apart, finds', () => {
  expect(levels).toBe(true);
  expect(params).toEqual({ drawer: 'hall', rest: 'a/b' });
  expect([...found].sort()).toEqual(['everything', 'statuses']);
});

it('topicwise/testing: shows every packet as text', async () => {
  expect(await transcriptOfOnePublish()).toMatchInlineSnapshot(`
    "hall C→B CONNECT v=5 clean=0 keepAlive=60 expiry=300 receiveMaximum=100 maximumPacketSize=16777216
    hall B→C CONNACK rc=0x00 present=0 receiveMaximum=1000
    hall C→B PUBLISH q1 id=1 socks/hall/status "{\\"pairs\\":7}"
    hall B→C PUBACK id=1 rc=0x10"
  `);
});

it('topicwise/current-message: tells whatever a handler calls which message it is about', async () => {
  await using test = await createTestApp({
    connection: 'mqtt://nowhere.invalid',
    controllers: [StatusController],
  });
  await test.deliver(status.to({ drawer: 'hall' }), 'seven pairs');
  say('idle');
  expect(lines).toEqual(['socks/hall/status: seven pairs', 'no message: idle']);
});
