import { expect, it } from 'vitest';
import { FakeWorld } from '../support/broker/fake-world.js';

/** Bytes after a good CONNECT and the DISCONNECT code that each must lead to on MQTT 5. */
const malformed: readonly (readonly [name: string, bytes: readonly number[], code: number])[] = [
  ['packet type 0', [0x00, 0x00], 0x81],
  ['PUBLISH of QoS 3', [0x36, 0x05, 0, 1, 0x61, 0, 1], 0x81],
  ['PUBLISH with a wildcard in its topic', [0x30, 0x04, 0, 1, 0x23, 0], 0x82],
  ['SUBSCRIBE with wrong flags', [0x80, 0x07, 0, 1, 0, 0, 1, 0x61, 0], 0x81],
  ['SUBSCRIBE without a filter', [0x82, 0x03, 0, 1, 0], 0x82],
  ['a remaining length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], 0x81],
  ['a packet that only a server sends', [0x20, 0x03, 0, 0, 0], 0x82],
  ['AUTH out of the blue', [0xf0, 0x02, 0x18, 0x00], 0x82],
  ['a packet beyond the limit', [0x30, 0xff, 0xff, 0x7f], 0x95],
];

it.each(malformed)('%s', async (_name, bytes, code) => {
  await using world = new FakeWorld();
  const witness = await world.client('witness');
  for (const version of [5, 4] as const) {
    const client = await world.client('hostile', {}, version);
    client.write(new Uint8Array(bytes));
    const farewell = await client.rest();
    expect(farewell).toMatchObject(version === 5 ? [{ type: 'disconnect', reasonCode: code }] : []);
  }
  await witness.fence();
});

it.each([
  ['an HTTP request', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  [
    'a CONNECT with a reserved flag',
    new Uint8Array([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 3, 0, 0, 0, 0, 0]),
  ],
  ['half a CONNECT and a goodbye', new Uint8Array([0x10, 13, 0, 4])],
])('%s instead of CONNECT: closed without an answer', async (_name, bytes) => {
  await using world = new FakeWorld();
  const client = await world.open();
  client.write(bytes);
  client.end();
  expect(await client.rest()).toEqual([]);
  expect(world.broker.transcript()).not.toContain('B→C CON');
});

it('acts on nothing that follows a violation in the same bytes', async () => {
  await using world = new FakeWorld();
  const client = await world.client('hostile');
  client.write(new Uint8Array([0x00, 0x00, 0x30, 0x04, 0, 1, 0x61, 0]));
  await client.rest();
  expect(world.broker.published).toEqual([]);
});

it.each([
  ['PUBACK for a QoS 2 message', 2, 'puback'],
  ['PUBREC for a QoS 1 message', 1, 'pubrec'],
  ['PUBCOMP before PUBREC', 2, 'pubcomp'],
] as const)('%s is a protocol error', async (_name, qos, type) => {
  await using world = new FakeWorld();
  const client = await world.client('confused');
  await client.subscribe('a');
  world.broker.publish({ topic: 'a', payload: 'x', qos });
  const { packetId = 0 } = await client.next('publish');
  client.send({ type, packetId, reasonCode: 0 });
  expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
});

it.each([
  ['puback', []],
  ['pubcomp', []],
  ['pubrec', [{ type: 'pubrel', packetId: 9, reasonCode: 0x92 }]],
] as const)('%s for an unknown identifier is answered as it must be', async (type, answer) => {
  await using world = new FakeWorld();
  const client = await world.client('late');
  client.send({ type, packetId: 9, reasonCode: 0 });
  expect(await client.soFar()).toMatchObject(answer);
});

/** A SUBSCRIBE by hand: our own encoder would not write No Local for a shared filter. */
function subscribeBytes(filter: string, options: number): Uint8Array {
  const text = new TextEncoder().encode(filter);
  const body = [0, 1, 0, text.length >> 8, text.length & 255, ...text, options];
  const length = [(body.length & 127) | 128, ((body.length >> 7) & 127) | 128, body.length >> 14];
  return new Uint8Array([0x82, ...length, ...body]);
}

const sock = '\u{1f9e6}';
it.each([
  ['No Local on a shared filter', {}, '$share/g/', 'x', 4, 0x82],
  // The reason quotes the filter and is cut: one of these two within a pair of surrogates.
  ['No Local on a shared filter of socks', {}, '$share/g/', sock, 4, 0x82],
  ['No Local on another one', {}, '$share/gg/', sock, 4, 0x82],
  ['a shared filter where there are none', { sharedSubscriptions: false }, '$share/g/', 'x', 0, 0x9e],
  ['a wildcard where there are none', { wildcards: false }, '+/', 'x', 0, 0xa2],
])('%s is refused, however long the filter', async (_name, capabilities, start, fill, options, code) => {
  await using world = new FakeWorld({ capabilities });
  const client = await world.client('long-winded');
  const filter = start + fill.repeat(Math.floor((65_535 - start.length) / Buffer.byteLength(fill)));
  client.write(subscribeBytes(filter, options));
  expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: code }]);
});
