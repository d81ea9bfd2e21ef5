import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/broker/settings.js';
import { Connection } from '../../../src/broker/state/connection.js';
import type { Copy } from '../../../src/broker/state/copy.js';
import { Outbound } from '../../../src/broker/state/outbound.js';
import type { Packet } from '../../../src/packets/packet.js';

const copy = (payload = new Uint8Array(0)): Copy => ({
  message: {
    topic: 'a',
    payload,
    qos: 1,
    retain: false,
    properties: undefined,
    publisher: undefined,
    receivedAt: 0,
    trace: undefined,
  },
  clientId: 'client',
  qos: 1,
  retain: false,
  subscriptionIdentifiers: undefined,
  group: undefined,
  packetId: 0,
  phase: 'waiting',
  onThisConnection: false,
});

function outbound() {
  const sent: Packet[] = [];
  const connection = new Connection({ send: (packet) => void sent.push(packet), close: () => {} }, 0, 0);
  const taken = () => sent.splice(0).map((packet) => ('packetId' in packet ? packet.packetId : undefined));
  return { outbound: new Outbound(resolveSettings({}).limits), connection, taken };
}

it('gives a new message an identifier that no other has, round after round [MQTT-2.2.1-4]', () => {
  const { outbound: out, connection, taken } = outbound();
  for (let count = 0; count < 3; count += 1) out.offer(copy(), connection, 0);
  expect(taken()).toEqual([1, 2, 3]);
  // The second one stays unacknowledged for a whole round.
  for (const packetId of [1, 3]) out.puback({ type: 'puback', packetId, reasonCode: 0 }, connection, 0);
  for (let packetId = 4; packetId <= 65_535; packetId += 1) {
    out.offer(copy(), connection, 0);
    out.puback({ type: 'puback', packetId, reasonCode: 0 }, connection, 0);
  }
  taken();
  for (let count = 0; count < 2; count += 1) out.offer(copy(), connection, 0);
  expect(taken()).toEqual([1, 3]);
});

it('waits when every identifier is in use, and goes on with the first that is free', () => {
  const { outbound: out, connection, taken } = outbound();
  for (let count = 0; count < 65_536; count += 1) out.offer(copy(), connection, 0);
  expect([taken().length, out.queued, out.inFlight]).toEqual([65_535, 1, 65_535]);
  out.puback({ type: 'puback', packetId: 777, reasonCode: 0 }, connection, 0);
  expect([taken(), out.queued]).toEqual([[777], 0]);
});

describe('a payload holds on to no buffer that is more than four times as large', () => {
  const parts = [0, 100, 3000].map((length) => new Uint8Array(8192).subarray(50, 50 + length));
  const buffers = (copies: readonly Copy[]) => copies.map(({ message }) => message.payload.buffer.byteLength);

  it('while it waits', () => {
    const { outbound: out } = outbound();
    for (const part of parts) out.offer(copy(part.fill(7)), undefined, 0);
    expect(buffers(out.waitingCopies)).toEqual([0, 100, 8192]);
    expect(out.waitingCopies.map(({ message }) => message.payload)).toEqual(parts);
  });

  it('while it is in flight to a client that is gone', () => {
    const { outbound: out, connection } = outbound();
    for (const part of parts) out.offer(copy(part), connection, 0);
    // As they came: who acknowledges at once costs no copy.
    expect(buffers(out.copiesInFlight)).toEqual([8192, 8192, 8192]);
    out.suspend();
    expect(buffers(out.copiesInFlight)).toEqual([0, 100, 8192]);
  });
});
