import { createTestApp } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { expect, it } from 'vitest';
import { app, status } from '../first/app.js';

it('handles a message again whose acknowledgement never arrived', async () => {
  await using test = await createTestApp(app);
  const cut = test.broker.faults.cut({ cmd: 'puback', nth: 1 });
  const delivery = await test.deliver(status.to({ drawer: 'hall' }), { pairs: 7, clean: true });
  expect(delivery).toHaveAcked({ times: 1 });
  expect(delivery.attempts).toBe(2); // over a new connection, on virtual time
  expect(cut.struck).toBe(1);
});
