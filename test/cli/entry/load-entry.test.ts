import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/cli/command.js';
import { contractNamed } from '../../../src/cli/entry/contracts.js';
import { loadEntry } from '../../../src/cli/entry/load-entry.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { RecordingHost } from '../../support/cli/recording-host.js';

const create = `import { createApp, defineTopic } from 'topicwise';
const make = () => {
  const app = createApp({ connection: 'mqtt://127.0.0.1:1' });
  app.on('a/+', function onAny() {});
  return app;
};
`;

const load = (files: Record<string, string>, file = 'app.ts', app?: string) =>
  loadEntry(file, new RecordingHost(applicationFolder(files)), { app });

describe('the application', () => {
  it.each([
    ['a named export', 'export const app = make();'],
    ['the default export', 'export default make();'],
    ['a promise of it', 'export const app = Promise.resolve(make());'],
    ['exported twice', 'const app = make(); export { app }; export default app;'],
    ['in JavaScript', 'export const app = make();', 'app.mjs'],
    ['what a compiler made CommonJS of', 'export default { __esModule: true, app: make() };', 'app.mjs'],
  ])('is %s', async (_how, text, file = 'app.ts') => {
    const { app, routes } = await load({ [file]: `${create}${text}` }, file);
    expect(app.options.connection).toBe('mqtt://127.0.0.1:1');
    expect(routes.map(({ name }) => name)).toEqual(['onAny']);
  });

  it('of two is the one with the name', async () => {
    const text = `${create}export const one = make(); export const two = make(); two.on('b', function onB() {});`;
    const { routes } = await load({ 'app.ts': text }, 'app.ts', 'two');
    expect(routes.map(({ name }) => name)).toEqual(['onAny', 'onB']);
  });
});

describe('the contracts', () => {
  const text = `${create}
export const reading = defineTopic('sensors/+id/reading', { codec: 'json' });
const titled = defineTopic('lamps/+id', { title: 'lamp' });
const sent = defineTopic('alarms/+id');
const app = make();
app.on(reading, function onReading() {});
app.on(titled, function onLamp() {}, { sends: [sent] });
export { app };`;

  it('go by the name of the export, else by the title, else by the pattern', async () => {
    const { contracts } = await load({ 'app.ts': text });
    expect([...contracts].map(([name, { pattern }]) => [name, pattern])).toEqual([
      ['reading', 'sensors/+id/reading'],
      ['a/+', 'a/+'],
      ['lamp', 'lamps/+id'],
      ['alarms/+id', 'alarms/+id'],
    ]);
  });

  it('have a nearest name where one is unknown', async () => {
    const { contracts } = await load({ 'app.ts': text });
    expect(contractNamed(contracts, 'lamp').pattern).toBe('lamps/+id');
    expect(() => contractNamed(contracts, 'readnig')).toThrow(
      new Failure("No contract is called 'readnig'. Did you mean 'reading'?"),
    );
    expect(() => contractNamed(contracts, 'x')).toThrow(
      "No contract is called 'x'. There are 'reading', 'a/+', 'lamp', 'alarms/+id'.",
    );
  });
});
