// The process that is killed: publishes and receives with its session on disk, and says on its standard output what it was promised.
// Its arguments: the broker's address, the folder of the session, the first number of its messages. A line on its input ends it in order.
import { writeSync } from 'node:fs';
import process from 'node:process';
import { connect, type Message, openDiskSessionStore } from '../../src/client/index.js';
import { persistent } from './load.js';

const window = 20;
const [url = '', folder = '', first = ''] = process.argv.slice(2);

/** At once, whatever happens to this process the next moment. A full pipe is waited for: a line this short is written whole or not at all. */
function say(...words: (string | number)[]): void {
  const line = `${words.join(' ')}\n`;
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const client = await connect(url, {
  ...persistent,
  receiveMaximum: 2_000, // above all that is fed at once: mosquitto 2.0.11 does not keep to it after a client came back
  clientId: 'soak-child',
  sessionStore: await openDiskSessionStore(folder),
});
if (client.state.state === 'connected') say(client.state.sessionPresent ? 'resumed' : 'new');
await client.subscribe({ filter: 'soak/in/+', maximumQoS: 2 });

let next = Number(first);
let stopping = false;
const workers = ([1, 2] as const).flatMap((qos) => Array.from({ length: window }, () => publish(qos)));
const reading = read();

process.stdin.once('data', async () => {
  stopping = true;
  await Promise.all(workers);
  say('rested');
  // What the parent still waits for arrives meanwhile; it closes the input when it has seen all.
  process.stdin.once('end', async () => {
    await client.disconnect();
    await reading;
    process.exit(0);
  });
});

async function publish(qos: 1 | 2): Promise<void> {
  while (!stopping) {
    const id = next++;
    say('publishing', qos, id);
    await client.publish(`soak/out/${qos}`, String(id), { qos });
    say('resolved', qos, id);
  }
}

async function read(): Promise<void> {
  for await (const message of client.messages()) void take(message);
}

async function take(message: Message): Promise<void> {
  const words = [message.topic === 'soak/in/1' ? 1 : 2, message.text()];
  say('got', ...words);
  await new Promise((resolve) => setImmediate(resolve)); // a moment in which a kill leaves it delivered and not acknowledged
  say('acknowledging', ...words);
  if ((await message.ack()) === 'sent') say('acknowledged', ...words);
}
