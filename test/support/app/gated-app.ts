// One handler that goes on when the test says so, and who ran in it when.
import { createApp, defineTopic, type HandlerOptions } from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';

export const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
export const reading = defineTopic('sensors/+id', { codec: 'text' });

/** Who ran when, as a handler sees it. */
export class Diary {
  readonly begun: string[] = [];
  readonly running = new Set<string>();
  most = 0;

  async run(entry: string, work: Promise<unknown>): Promise<void> {
    this.begun.push(entry);
    this.running.add(entry);
    this.most = Math.max(this.most, this.running.size);
    await work;
    this.running.delete(entry);
  }
}

/** An application of one handler on `sensors/+id`, whose messages go on when the test says so. */
export async function gated(options: HandlerOptions): Promise<{ t: TestApp; diary: Diary; open(): void }> {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const diary = new Diary();
  const app = createApp({ connection });
  app.on(reading, ({ params, payload }) => diary.run(params.id + payload, gate), {
    name: 'gated',
    ...options,
  });
  return { t: await createTestApp(app), diary, open };
}

/** Delivers `a0` as `0` on `sensors/a`, and so on, one after the other. Resolves with what became of them, once the gate is open. */
export function send(t: TestApp, names: string, qos: 0 | 1 = 0) {
  return Promise.all(
    names.split(' ').map((name) => t.deliver(reading.to({ id: name.slice(0, 1) }), name.slice(1), { qos })),
  );
}
