import { expect } from 'vitest';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour } from './behaviour.js';

const refused: readonly (readonly [name: string, filter: string, differs?: Behaviour['differs']])[] = [
  ['refuses a filter with # before its end [MQTT-4.7.1-1]', 'a/#/b'],
  ['refuses a filter with # behind text [MQTT-4.7.1-1]', 'a#', { aedes: 'grants it' }],
  ['refuses a filter with + behind text [MQTT-4.7.1-2]', 'a+', { aedes: 'grants it' }],
  ['refuses a filter with + before text [MQTT-4.7.1-2]', '+a/b'],
  ['refuses a filter without a character [MQTT-4.7.3-1]', ''],
  ['refuses a filter with U+0000 [MQTT-4.7.3-2]', 'a\0b', { aedes: 'grants it' }],
];

/** Filters that no client may send. With SUBACK or by closing: the specification leaves that open. */
export const illegalFilters: readonly Behaviour[] = refused.map(
  ([name, filter, differs]): Behaviour => ({
    name,
    ...(differs && { differs }),
    run: async (world) => {
      const client = await world.client('wrong');
      const text = Buffer.from(filter).toString('hex');
      const length = filter.length.toString(16).padStart(4, '0');
      const body = hex(`0001 ${world.version === 5 ? '00' : ''} ${length} ${text} 00`);
      client.write(new Uint8Array([0x82, body.length, ...body]));
      const suback = await client.answer('suback').catch(() => undefined);
      if (suback === undefined) await client.farewell();
      else expect(suback.reasonCodes[0]).toBeGreaterThanOrEqual(0x80);
    },
  }),
);
