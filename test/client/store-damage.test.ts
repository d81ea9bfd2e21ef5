import { subscribe as listen, unsubscribe } from 'node:diagnostics_channel';
import { ClassicLevel } from 'classic-level';
import { expect, it, onTestFinished } from 'vitest';
import { connect, type DamagedRecord, openDiskSessionStore } from '../../src/client/index.js';
import { FakeBroker } from '../../src/testing/index.js';
import { openStore, temporaryFolder } from '../support/stores/places.js';
import { outbound } from '../support/stores/samples.js';

it('tells hook and channel what the disk damaged', async () => {
  const folder = await temporaryFolder();
  const before = await openDiskSessionStore(folder);
  await before.load('c');
  await Promise.all([1, 2].map((packetId) => before.putOutbound(outbound(packetId))));
  await before.close();
  const level = new ClassicLevel(folder);
  await level.put('session/c/outbound/1', 'rubbish');
  await level.close();

  const hooked: DamagedRecord[] = [];
  const published: unknown[] = [];
  const warnings: Error[] = [];
  const onPublished = (message: unknown) => published.push(message);
  const onWarning = (warning: Error) => warnings.push(warning);
  listen('topicwise:client:store-damaged', onPublished);
  process.on('warning', onWarning);
  onTestFinished(() => {
    unsubscribe('topicwise:client:store-damaged', onPublished);
    process.off('warning', onWarning);
  });
  await using broker = new FakeBroker();
  const client = await connect(broker.endpoint, {
    clientId: 'c',
    sessionStore: await openStore(folder),
    hooks: { storeDamaged: (record) => void hooked.push(record) },
  });
  expect(hooked).toEqual([
    { kind: 'outbound', packetId: 1, message: expect.stringContaining('was set aside') },
  ]);
  expect(published).toEqual([{ clientId: 'c', ...hooked[0] }]);
  expect(warnings).toEqual([]);
  await client.close();
});
