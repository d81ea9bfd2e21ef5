import { connect } from 'topicwise/client';

/** A slow consumer holds the broker back: at most `receiveMaximum` messages are here and unacknowledged. */
export async function takeInSlowly(url: string, store: (text: string) => Promise<void>): Promise<number> {
  await using producer = await connect(url);
  await using consumer = await connect(url, { receiveMaximum: 2 });
  await consumer.subscribe('readings');
  for (let n = 0; n < 10; n++) await producer.publish('readings', `${n}`, { qos: 1 });

  let most = 0;
  let stored = 0;
  for await (const reading of consumer.messages()) {
    most = Math.max(most, consumer.stats().unackedIn); // the other messages wait at the broker, not in this process
    await store(reading.text());
    await reading.ack(); // room for one more
    if (++stored === 10) break;
  }
  return most;
}
