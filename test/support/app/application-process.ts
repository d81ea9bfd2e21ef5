// Runs one application to its end in a process of its own: argv[2] is the name of the case, argv[3] an address.
import { Controller, createApp, defineTopic, Inject, type Message, Topic } from 'topicwise';

const [, , name = '', url = ''] = process.argv;
const connection = { url, clientId: 'process' };

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
