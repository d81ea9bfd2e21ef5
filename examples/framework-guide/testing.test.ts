import { createTestApp } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { expect, it } from 'vitest';
import { app, OrderController, order, parcel } from './acknowledging.js';
import { SaleController, sale, app as sales } from './failures.js';

it('sends a parcel for an order, and acknowledges the order then', async () => {
  await using test = await createTestApp(app); // starts a copy of the application, on a broker of its own
  const delivery = await test.deliver(order.to({ id: 1 }), { pairs: 2 });
  expect(delivery).toHaveAcked({ times: 1 });
  expect(test).toHavePublished(parcel.to({ id: 1 }), { pairs: 2 });
  expect(test.handler(OrderController, 'onOrder').calls[0]?.params).toEqual({ id: '1' });
});

it('handles an order again whose acknowledgement was lost with the connection', async () => {
  await using test = await createTestApp(app);
  test.broker.faults.cut({ cmd: 'puback', nth: 1 });
  expect(await test.deliver(order.to({ id: 1 }), { pairs: 2 })).toMatchObject({
    outcome: 'acked',
    attempts: 2,
  });
  expect(test.published(parcel)).toHaveLength(2); // which is what "at least once" means
});

it('tries again later, on virtual time', async () => {
  await using test = await createTestApp(sales);
  const before = test.clock.now();
  let calls = 0;
  test.handler(SaleController, 'onSale').replace(async () => {
    if (++calls === 1) throw new Error('out of order');
  });
  expect(await test.deliver(sale.to({ id: 1 }), { pairs: 1 })).toMatchObject({
    outcome: 'acked',
    attempts: 2,
  });
  expect(test.clock.now() - before).toBeLessThanOrEqual(100); // milliseconds of the test's clock, none of yours
});

it('sells, without any application', async () => {
  const controller = new SaleController();
  const sold: string[] = [];
  controller.sell = async (id, pairs) => void sold.push(`${pairs} of ${id}`);
  await controller.onSale(sale.fake({ params: { id: 1 }, payload: { pairs: 2 } }));
  expect(sold).toEqual(['2 of 1']);
});
