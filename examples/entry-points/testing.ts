import { connect } from 'topicwise/client';
import { FakeBroker } from 'topicwise/testing';

export async function transcriptOfOnePublish(): Promise<string> {
  const broker = new FakeBroker();
  await using client = await connect(broker.endpoint, { clientId: 'hall', clock: broker.clock });
  await client.publish('socks/hall/status', '{"pairs":7}', { qos: 1 });
  return broker.transcript();
}
