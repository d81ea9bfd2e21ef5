import { defineTopic } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app } from './app.js';
import { DrawerRepository } from './repository.js';

it('finds the controllers and injects what they name', async () => {
  const drawers = new DrawerRepository();
  await using test = await createTestApp(app, {
    override: [{ provide: DrawerRepository, useValue: drawers }],
  });
  await test.deliver(defineTopic('socks/+drawer/opened').to({ drawer: 'hall' }), '');
  expect(drawers.opened).toEqual(['hall']);
});
