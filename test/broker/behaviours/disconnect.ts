import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour } from './behaviour.js';

export const disconnecting: readonly Behaviour[] = [
  {
    name: 'closes the connection of a client that says DISCONNECT, without a word',
    run: async (world) => {
      const client = await world.client('polite');
      client.send({ type: 'disconnect', reasonCode: 0 });
      expect(await client.rest()).toEqual([]);
    },
  },
  {
    name: 'acts on everything that came before DISCONNECT, and on nothing that comes after it',
    differs: { aedes: 'acts on what is in the same segment' },
    run: async (world) => {
      const witness = await world.client('witness');
      await witness.subscribe('a');
      const client = await world.client('polite');
      client.send(
        publishPacket(`${world.scope}a`, 'before'),
        { type: 'disconnect', reasonCode: 0 },
        publishPacket(`${world.scope}a`, 'after'),
      );
      await client.rest();
      await world.noticed();
      expect(await witness.messages()).toEqual(['q0 a "before"']);
    },
  },
  {
    name: 'sends a client that left nothing more',
    run: async (world) => {
      const client = await world.client('polite');
      await client.subscribe('a');
      client.send({ type: 'disconnect', reasonCode: 0 });
      await client.rest();
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      expect(client.take()).toEqual([]);
    },
  },
  {
    name: 'says why it ends a connection, with a DISCONNECT of 0x80 or above, then closes [MQTT-4.13.1-1] [MQTT-4.13.2-1] [MQTT-3.14.4-2]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('wrong');
      client.write(hex('00 00'));
      const [farewell, ...more] = await client.rest();
      expect([farewell?.type, more]).toEqual(['disconnect', []]);
      expect(farewell).toHaveProperty(
        'reasonCode',
        expect.toSatisfy((code: number) => code >= 0x80),
      );
    },
  },
  {
    name: 'sends nothing after its DISCONNECT [MQTT-3.14.4-1]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('wrong');
      await client.subscribe('a');
      client.write(hex('00 00'));
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      expect(await client.rest()).toMatchObject([{ type: 'disconnect' }]);
    },
  },
  {
    name: 'sends no session expiry interval in its DISCONNECT [MQTT-3.14.2-2]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('wrong', world.persistent);
      client.write(hex('00 00'));
      const [farewell] = await client.rest();
      expect(farewell).toMatchObject({ type: 'disconnect' });
      expect(farewell).not.toHaveProperty('properties.sessionExpiryInterval');
    },
  },
  {
    name: 'ends a connection of MQTT 3.1.1 without a word, which has none for it',
    versions: [4],
    run: async (world) => {
      const client = await world.client('wrong');
      client.write(hex('00 00'));
      expect(await client.rest()).toEqual([]);
    },
  },
  {
    name: 'keeps the session of a client that it had to disconnect',
    run: async (world) => {
      const client = await world.client('wrong', world.persistent);
      await client.subscribe('a');
      client.write(hex('00 00'));
      await client.rest();
      await world.noticed();
      const back = await world.open();
      expect(await back.connect({ clientId: 'wrong', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
    },
  },
  {
    name: 'lets all other clients be when it ends one',
    run: async (world) => {
      const others = [await world.client('one'), await world.client('two')];
      for (const other of others) await other.subscribe('a');
      const client = await world.client('wrong');
      client.write(hex('00 00'));
      await client.rest();
      await others[0]?.publish('a', 'x', { qos: 1 });
      for (const other of others) expect(await other.messages()).toEqual(['q1 a "x"']);
    },
  },
];
