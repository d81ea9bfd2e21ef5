import { describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';

/** A CONNECT as a client of that protocol would write it; up to the level all versions are alike. */
function connectBytes(name: string, level: number): Uint8Array {
  const tail = level === 5 ? [2, 0, 0, 0, 0, 1, 0x61] : [2, 0, 0, 0, 1, 0x61];
  const body = [0, name.length, ...new TextEncoder().encode(name), level, ...tail];
  return new Uint8Array([0x10, body.length, ...body]);
}

/** All that the broker writes until it closes. */
async function answerTo(bytes: Uint8Array, version?: ProtocolVersion): Promise<number[]> {
  await using world = new FakeWorld({ version });
  const transport = await world.broker.endpoint.connect();
  const answer: number[] = [];
  const closed = new Promise<void>((resolve) => {
    transport.start(
      (chunk) => void answer.push(...chunk),
      () => resolve(),
    );
  });
  // What follows a refused CONNECT is not acted on [MQTT-3.1.4-6].
  transport.write(new Uint8Array([...bytes, 0xc0, 0]));
  await closed;
  expect(world.broker.transcript()).not.toContain('PING');
  return answer;
}

/** CONNACK with return code 1, as every client up to MQTT 3.1.1 reads it, and with 0x84, as every client from MQTT 5 on does. */
const returnCode1 = [0x20, 2, 0, 1];
const reasonCode84 = [0x20, 3, 0, 0x84, 0];

describe('a protocol that the broker does not speak is refused in a CONNACK that its client reads, then closed', () => {
  // [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.4-6]
  it.each([
    ['MQTT 3.1', 'MQIsdp', 3, returnCode1],
    ['MQTT 3.1 from a bridge of mosquitto', 'MQIsdp', 0x83, returnCode1],
    ['MQTT 3.1.1 from a bridge of mosquitto', 'MQTT', 0x84, returnCode1],
    ['MQTT level 0', 'MQTT', 0, returnCode1],
    ['MQTT level 3', 'MQTT', 3, returnCode1],
    ['MQTT level 6', 'MQTT', 6, reasonCode84],
    ['MQTT level 127', 'MQTT', 127, reasonCode84],
    ['MQIsdp level 4', 'MQIsdp', 4, returnCode1],
    ['a name in small letters', 'mqtt', 4, returnCode1],
    ['another name', 'AMQP', 5, returnCode1],
    ['no name', '', 4, returnCode1],
  ])('%s', async (_name, protocol, level, answer) => {
    expect(await answerTo(connectBytes(protocol, level))).toEqual(answer);
    expect(await answerTo(connectBytes(protocol, level), 5)).toEqual(answer);
    // A broker of 3.1.1 knows no other CONNACK than its own.
    expect(await answerTo(connectBytes(protocol, level), 4)).toEqual(returnCode1);
  });

  it('MQTT 5, by a broker of 3.1.1', async () => {
    expect(await answerTo(connectBytes('MQTT', 5), 4)).toEqual(returnCode1);
  });

  it('MQTT 3.1.1, by a broker of 5', async () => {
    expect(await answerTo(connectBytes('MQTT', 4), 5)).toEqual(returnCode1);
  });
});
