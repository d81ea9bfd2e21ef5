import { connect } from 'topicwise/client';

/** The broker keeps subscriptions and messages for a client identifier while the process is away. */
export async function comeBackLater(url: string): Promise<string[]> {
  const session = { clientId: 'mailbox', sessionExpiryInterval: 3_600 };
  const first = await connect(url, session);
  await first.subscribe('mail', { id: 1 });
  await first.disconnect(); // a chosen client id: the session stays

  await using sender = await connect(url);
  await sender.publish('mail', 'while you were away', { qos: 1 });

  await using second = await connect(url, session); // no subscribe: the subscription is still there
  const { sessionPresent } = await second.connected();
  const { value: mail } = await second.messages().next();
  await mail?.ack();
  return [`session present: ${sessionPresent}`, mail?.text() ?? 'nothing'];
}
