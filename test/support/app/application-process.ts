// Runs one application to its end in a process of its own: argv[2] is the name of the case, argv[3] an address, argv[4] the client id.
import { Controller, createApp, defineTopic, Inject, type Message, otherwise, stop, Topic } from 'topicwise';

const [, , name = '', url = '', clientId = 'process'] = process.argv;
const connection = { url, clientId };

const status = defineTopic('processes/+id/status', { codec: 'text', retain: true });

class Undecorated {}

@Controller()
class Stuck {
  @Topic('jobs/+id') async onJob({ params }: Message<'jobs/+id'>): Promise<void> {
    process.send?.(params.id);
    if (params.id === 'stuck') await new Promise(() => setInterval(() => {}, 1_000));
  }
}

@Controller()
class Failing {
  @Topic('jobs/+id', { errors: [otherwise(stop())] }) onJob(): void {
    throw new Error('The disk is full');
  }
}

@Controller()
class IllegalPattern {
  @Topic('a/#/b' as string) on() {}
}

@Controller()
class NeedsRepo {
  constructor(
    @Inject(Undecorated) readonly known: Undecorated,
    readonly forgotten: Undecorated,
  ) {}
  @Topic('a') on() {}
}

const cases: Record<string, () => Promise<void>> = {
  run: () => createApp({ connection, controllers: [Stuck] }).run(),
  'stop()': () => createApp({ connection, controllers: [Failing] }).run(),
  will: () =>
    createApp({
      connection: { ...connection, will: status.message({ id: 1 }, 'gone') },
      controllers: [Stuck],
    }).run(),
  undecorated: () => createApp({ connection, controllers: [Undecorated] }).run(),
  'illegal pattern': () => createApp({ connection, controllers: [IllegalPattern] }).run(),
  'nothing to inject': () => createApp({ connection, controllers: [NeedsRepo] }).run(),
};

await cases[name]?.();
