import { type Client, connect } from 'topicwise/client';

/** Parts of a program share one client by taking it as an argument. Each has streams of its own and never sees the others' messages. */
class Thermometer {
  constructor(private readonly client: Client) {}

  async read(room: string): Promise<string> {
    await using readings = await this.client.stream(`rooms/${room}/temperature`);
    await this.client.publish(`rooms/${room}/ask`, '', { qos: 1 });
    const { value: reading } = await readings.next();
    await reading?.ack();
    return `${room}: ${reading?.text()}`;
  }
}

export async function shareOneConnection(url: string): Promise<string[]> {
  await using client = await connect(url);
  const asked = await client.stream('rooms/+/ask');
  const answering = (async () => {
    for (let n = 0; n < 2; n++) {
      const { value: question } = await asked.next();
      await client.publish(question!.topic.replace('ask', 'temperature'), '21.5', { qos: 1 });
      await question?.ack();
    }
  })();

  const thermometer = new Thermometer(client);
  const readings = await Promise.all([thermometer.read('hall'), thermometer.read('attic')]);
  await answering;
  return readings;
}
