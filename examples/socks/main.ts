// The main job, whole: sock drawers publish, two controllers handle, and a witness on the wire checks that nothing is
// acknowledged that was neither handled nor dead-lettered. Usage: npm start -- [--messages N] [--url mqtt://host:port]
import { randomUUID } from 'node:crypto';
import { createApp } from 'topicwise';
import { FakeBroker } from 'topicwise/testing';
import { DrawerController, LaundryController } from './controllers.js';
import { publishFleet } from './fleet.js';
import { Journal } from './journal.js';
import { type Options, readOptions, usage } from './options.js';
import { SockRepository } from './repository.js';
import { startWitness } from './witness.js';

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  fail(error, usage);
}
try {
  process.exitCode = await main(options);
} catch (error) {
  fail(error);
}

function fail(error: unknown, hint = ''): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${hint}`);
  process.exit(1);
}

async function main({ messages, url }: Options): Promise<number> {
  const end = new AbortController();
  await using embedded = url ? undefined : new FakeBroker({ clock: 'real' });
  const broker = url ?? new URL((await embedded!.listen()).url);
  let lost: Error | undefined;
  const run = randomUUID().slice(0, 8);

  const repository = new SockRepository();
  const journal = new Journal(repository, (text) => process.stdout.write(text), end.signal);
  const witness = await startWitness(broker, run, {
    delivered: (copy) => journal.delivered(copy),
    deadLettered: (letter) => journal.deadLettered(letter),
    answered: (copy, answer) => journal.answered(copy, answer),
    lost: (why) => {
      lost ??= new Error(`The broker at ${broker.host} can't be reached: ${why}.`);
      end.abort();
    },
  });
  process.once('SIGINT', () => end.abort());

  const app = createApp({
    connection: {
      url: witness.url,
      clientId: `socks-app-${run}`,
      sessionExpiryInterval: 60,
      // A message whose handler is tried again stays open; the ones behind it need not wait for it here.
      ackOrder: 'unordered',
    },
    controllers: [DrawerController, LaundryController],
    providers: [{ provide: SockRepository, useValue: repository }],
    logger: journal.logger,
  });

  try {
    journal.heading(
      `${messages} messages from sock drawers, on the ${url ? '' : 'embedded '}broker at ${broker.host}`,
    );
    await app.start();
    const published = await publishFleet(broker.href, run, messages, end.signal);
    await journal.until(() => journal.isSettled(published));
    await app.stop();
    if (lost) throw lost;
    return journal.summary(published) ? 0 : 1;
  } catch (error) {
    // What the witness saw of the broker says more than what its absence led to.
    throw lost ?? error;
  } finally {
    await witness.close();
  }
}
