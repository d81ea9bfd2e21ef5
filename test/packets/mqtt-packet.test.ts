import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { encodePacket } from '../../src/packets/index.js';

const require = createRequire(import.meta.url);

it('leaves the copy of mqtt-packet that it shares with MQTT.js as it found it', () => {
  const { writeToStream, generate } = require('mqtt-packet');
  const { cache } = require('mqtt-packet/numbers.js');
  const encode = () =>
    encodePacket(
      {
        type: 'unsubscribe',
        packetId: 258,
        filters: ['a'],
      },
      4,
    );
  const bytes = [0xa2, 5, 1, 2, 0, 1, 0x61];

  expect([...encode()]).toEqual(bytes);
  expect(writeToStream.cacheNumbers).toBe(true); // what MQTT.js counts on for its speed
  expect(Object.keys(cache)).toEqual([]); // and what our few packets must not pay for

  generate({ cmd: 'pingreq' }); // somebody else's first packet
  expect(Object.keys(cache).length).toBe(65_536);
  expect([...encode()]).toEqual(bytes);
  expect(writeToStream.cacheNumbers).toBe(true);

  writeToStream.cacheNumbers = false; // somebody else's wish
  expect([...encode()]).toEqual(bytes);
  expect(writeToStream.cacheNumbers).toBe(false);
});
