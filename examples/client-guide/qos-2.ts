import { connect } from 'topicwise/client';

/** Publishes an order and takes it in, exactly once each way. */
export async function orderOnce(url: string): Promise<string> {
  await using client = await connect(url, { clientId: 'till' });
  await client.subscribe('orders/new');
  await client.publish('orders/new', 'one pair', { qos: 2 }); // resolves at PUBCOMP: the broker has it, once

  for await (const order of client.messages()) {
    // Store it here. Until ack() the broker may send it again after a crash; after ack() it never will.
    await order.ack();
    return `QoS ${order.qos}: ${order.text()}`;
  }
  throw new Error('the client was closed before the order came');
}
