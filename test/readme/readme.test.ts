// Every snippet of the README and of the guides is a file that a test runs, or a command that exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { FakeBroker } from 'topicwise/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asyncapiDocument } from '../../src/asyncapi/index.js';
import { topicwise } from '../../src/cli/topicwise.js';
import { applicationFolder } from '../support/cli/application-folder.js';
import { houseFolder, listeningBroker } from '../support/cli/command-line.js';
import { RecordingHost } from '../support/cli/recording-host.js';
import { temporaryFolder } from '../support/cli/temporary-folder.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const guides = readdirSync(new URL('../../docs', import.meta.url)).map((name) => `docs/${name}`);
const pages = ['README.md', ...guides.filter((path) => path.endsWith('.md'))];
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** What GitHub calls the headings of a page. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  const text = read(page);
  const blocks = [...text.matchAll(/(?<before>[^\n]*\n\n)?```(?<language>\w*)\n(?<text>[\s\S]*?)```/g)].map(
    ({ groups }) => ({
      before: groups?.['before'] ?? '',
      language: groups?.['language'] ?? '',
      text: groups?.['text'] ?? '',
    }),
  );

  it('leads to pages and headings that exist', () => {
    for (const [, path = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      expect(existsSync(new URL(`../../${target}`, import.meta.url)), `${page} links to ${target}`).toBe(
        true,
      );
      if (anchor !== undefined)
        expect(anchorsOf(read(target)), `${page} links to ${target}`).toContain(anchor);
    }
  });

  it('has snippets in the languages that are looked at, and no others', () => {
    expect(['sh', 'ts']).toEqual(expect.arrayContaining(blocks.map(({ language }) => language)));
  });

  it('shows files as they are', () => {
    for (const { before, language, text } of blocks) {
      if (language !== 'ts') continue;
      const path = /`(examples\/[^`]+\.ts)`/.exec(before)?.[1];
      expect(path, `a snippet is introduced by the file that it shows: ${text.slice(0, 80)}`).toBeDefined();
      expect(text, path).toBe(read(path!));
    }
  });

  const typed = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trim().split('\n'));
  const ofTheCommand = typed.filter((line) => line.startsWith('npx topicwise '));
  const talking = ofTheCommand.filter((line) => /^npx topicwise (publish|request|tap|dlq) /.test(line));

  it('names scripts that exist', () => {
    for (const command of typed) {
      if (ofTheCommand.includes(command)) continue;
      if (command === 'npm ci') expect(read('package-lock.json')).toContain('"name": "topicwise"');
      else expect(Object.keys(scripts)).toContain(/^npm (?:run )?([\w:]+)/.exec(command)?.[1]);
    }
    for (const [, script] of text.matchAll(/`npm (?:run )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });

  it.each(talking)('shows what the command understands: %s', async (line) => {
    const { url } = await listeningBroker();
    const host = new RecordingHost(houseFolder());
    host.env['MQTT_URL'] = url;
    const words = [...line.replace('5s', '1ms').matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    const ended = topicwise(words.slice(2), host);
    await Promise.race([host.stderr.until(/Ctrl-C ends it/), ended]);
    host.signal();
    // There is nobody who answers, and no dead letter; but the words are right.
    expect(await ended, host.stderr.text).not.toBe(2);
    expect(host.stderr.text).not.toMatch(/No contract|does not exist/);
  });

  it.each(ofTheCommand.filter((line) => !talking.includes(line)))(
    'shows what the command does: %s',
    async (line) => {
      const host = new RecordingHost(
        / (src|dist)\/app\./.test(line) ? await anApplication() : temporaryFolder(),
      );
      // On free ports: those of the page may be taken on this machine.
      const words = line
        .replaceAll(/(?<=port )\d+/g, '0')
        .split(' ')
        .slice(2);
      const ended = topicwise(words, host);
      await Promise.race([host.printed(/Ctrl-C ends it/), ended]);
      host.signal();
      expect(await ended).toBe(0);
      expect(host.stderr.text).toBe('');
    },
  );
});

/** The folder of an application whose broker runs, with its document. */
async function anApplication(): Promise<string> {
  const broker = new FakeBroker({ clock: 'real' });
  onTestFinished(() => broker[Symbol.asyncDispose]());
  const { url } = await broker.listen();
  const app = `import { createApp } from 'topicwise';
export const app = createApp({ connection: '${url}', share: 'workers' });
app.on('socks/+/status', function onStatus() {});
`;
  return applicationFolder({
    'src/app.ts': app,
    'dist/app.js': app,
    'asyncapi.json': JSON.stringify(asyncapiDocument({ receives: [] }).document),
  });
}

it('shows the first application and its test in under 40 lines', () => {
  const lines = ['examples/first/app.ts', 'examples/first/app.test.ts'].map(
    (path) => read(path).trimEnd().split('\n').length,
  );
  expect(lines.reduce((sum, count) => sum + count)).toBeLessThan(40);
});

it('shows the sensor ingest in 14 lines and its test in 20 at most, imports counted and blank lines not', () => {
  const linesOf = (path: string) =>
    read(path)
      .split('\n')
      .filter((line) => line.trim() !== '').length;
  expect(linesOf('examples/sensor-ingest/app.ts')).toBeLessThanOrEqual(14);
  expect(linesOf('examples/sensor-ingest/app.test.ts')).toBeLessThanOrEqual(20);
  for (const file of ['app.ts', 'app.test.ts'])
    expect(read('README.md')).toContain(`\`examples/sensor-ingest/${file}\``);
});

it.each([
  // What its table of refusals is held to is no snippet.
  { guide: 'framework-guide', hidden: ['framework-guide.test.ts', 'mistakes.ts'] },
  { guide: 'client-guide', hidden: ['client-guide.test.ts'] },
])('shows every file of $guide', ({ guide, hidden }) => {
  const files = readdirSync(new URL(`../../examples/${guide}`, import.meta.url));
  const text = read(`docs/${guide}.md`);
  for (const file of files.filter((name) => !hidden.includes(name))) {
    expect(text).toContain(`\`examples/${guide}/${file}\``);
  }
});
