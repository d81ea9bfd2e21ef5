// The small application that check-matrix.mjs runs through each build tool. Each line is what one part of it came to.
import { type App, type AppOptions, createApp, defineTopic, discover } from 'topicwise';
import { currentMessage } from 'topicwise/current-message';
import { createTestApp } from 'topicwise/testing';
import { reading } from './controllers/readings.js';
import { PlainController } from './plain.js';
import { LIMIT, Repository, Transaction } from './repository.js';

const connection = 'mqtt://nowhere.invalid';
const load = (url: string) => import(url);

export async function report(): Promise<string[]> {
  const repository = new Repository();
  const app = createApp({
    connection,
    controllers: discover(import.meta.url, './controllers/*', load),
    providers: [
      { provide: Repository, useValue: repository },
      { provide: Transaction, useClass: Transaction, scope: 'message' },
      { provide: LIMIT, useFactory: async () => 30 },
    ],
  });
  await using test = await createTestApp(app);
  await test.deliver(reading.to({ id: '7' }), '21');
  await test.deliver(defineTopic('sensors/+id/audit').to({ id: '7' }), new Uint8Array());
  return [
    ...repository.stored,
    `message: ${currentMessage()}`,
    `plain: ${await started({ connection, controllers: [PlainController] })}`,
    `circle: ${await started({ connection, controllers: discover(import.meta.url, './circle/*', load) })}`,
  ];
}

async function started(options: AppOptions): Promise<string> {
  try {
    await using test: { readonly app: App } & AsyncDisposable = await createTestApp(options);
    return `${test.app.routes().length} route`;
  } catch (error) {
    return (error as Error).message;
  }
}
