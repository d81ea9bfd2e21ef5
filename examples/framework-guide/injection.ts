import {
  Controller,
  createApp,
  Inject,
  type Message,
  type OnStart,
  Publisher,
  Topic,
  token,
} from 'topicwise';

/** A class is its own token. */
export class Thermometers implements OnStart, Disposable {
  readonly known = new Map<string, string>();

  onStart() {
    this.known.set('7', 'cellar'); // before the connection: no message comes before it is done
  }

  [Symbol.dispose]() {
    this.known.clear(); // when the application stops, in reverse order of creation
  }
}

/** What is no class has a token. */
export const THRESHOLD = token<number>('threshold');
export interface Archive {
  readonly name: string;
  close(): Promise<void>;
}
export const ARCHIVE = token<Archive>('archive');

@Controller()
export class HeatController {
  readonly hot: string[] = [];

  constructor(
    @Inject(Thermometers) private readonly thermometers: Thermometers,
    @Inject(THRESHOLD) private readonly threshold: number,
    @Inject(ARCHIVE) readonly archive: Archive,
    @Inject(Publisher) readonly publisher: Publisher, // to publish outside a handler
  ) {}

  @Topic('heat/+id')
  onHeat(message: Message<'heat/+id'>) {
    const room = this.thermometers.known.get(message.params.id) ?? 'nowhere';
    if (Number(message.text()) > this.threshold) this.hot.push(`${room}, says ${this.archive.name}`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'heat' },
  controllers: [HeatController],
  providers: [
    { provide: THRESHOLD, useValue: 30 },
    {
      provide: ARCHIVE,
      useFactory: async (): Promise<Archive> => ({ name: 'the archive', close: async () => undefined }), // awaited in start()
      dispose: (archive: Archive) => archive.close(),
    },
  ],
});
