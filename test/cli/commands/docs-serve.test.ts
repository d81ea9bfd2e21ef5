import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import * as installed from '../../../src/app/installed-package.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { describeWithChromium } from '../../support/chromium.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { readAlong, startCommandLine } from '../../support/cli/process-beside.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest, listening } from '../../support/transports/servers.js';

const text = `import { createApp } from 'topicwise';
export const app = createApp({ connection: 'mqtt://127.0.0.1:1', info: { title: 'Lamps' } });
app.on('lamps/+id', function onLamp() {}, { summary: 'Switches a lamp.' });
`;

async function serving(...words: string[]) {
  const host = new RecordingHost(applicationFolder({ 'app.ts': text }));
  const ended = topicwise(['docs', 'serve', 'app.ts', '--port', '0', ...words], host);
  afterThisTest(() => {
    host.signal();
    return ended;
  });
  const [, url = ''] = await host.printed(/The page is at (\S+) Ctrl-C ends it\.\n/);
  return { host, ended, url };
}

it('serves the page and the document until a signal comes', async () => {
  const { host, ended, url } = await serving();
  const page = await fetch(url);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('<title>Lamps</title>');
  const document = await fetch(`${url}asyncapi.json`);
  expect(document.headers.get('content-type')).toBe('application/vnd.aai.asyncapi+json;version=3.0.0');
  expect(await document.json()).toMatchObject({ info: { title: 'Lamps' } });
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  const other = await fetch(`${url}favicon.ico`);
  expect([other.status, await other.text()]).toEqual([404, 'There is / and /asyncapi.json.\n']);
  const posted = await fetch(url, { method: 'POST' });
  expect([posted.status, await posted.text()]).toEqual([405, 'POST has no meaning here. Use GET.\n']);
  const idle = connect(Number(new URL(url).port), '127.0.0.1'); // as browsers hold some in reserve
  afterThisTest(() => idle.destroy());
  await once(idle, 'connect');
  host.signal();
  expect([await ended, host.stderr.text, host.isDeaf]).toEqual([0, '', true]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

it('works as a process, until SIGINT', async () => {
  const cwd = applicationFolder({ 'app.ts': text });
  const child = startCommandLine(['docs', 'serve', 'app.ts', '--port', '0'], { cwd });
  const { host, closed } = readAlong(child);
  const [, url = ''] = await host.printed(/The page is at (\S+) Ctrl-C ends it\.\n/);
  expect(await (await fetch(url)).text()).toContain('<title>Lamps</title>');
  child.kill('SIGINT');
  expect([await closed, host.stderr.text]).toEqual([[0, null], '']);
});

describeWithChromium('in a browser', (browser) => {
  it('shows the operations offline: no request leaves but the one for the page', async () => {
    const { url } = await serving();
    const page = await browser().newPage();
    afterThisTest(() => page.close());
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(url);
    await page.getByText('Switches a lamp.').first().waitFor();
    const seen = await page.innerText('body');
    for (const words of ['Lamps', 'lamps/{id}', 'onLamp', 'mqtt://127.0.0.1:1'])
      expect(seen).toContain(words);
    expect(asked).toEqual([url]);
  });
});

it('ends with 1 and a sentence where the port is in use', async () => {
  const taken = createServer();
  const port = String(await listening(taken, { port: 0, host: '127.0.0.1' }));
  afterThisTest(() => taken.close());
  const host = new RecordingHost(applicationFolder({ 'app.ts': text }));
  expect(await topicwise(['docs', 'serve', 'app.ts', '--port', port], host)).toBe(1);
  expect([host.stdout.text, host.stderr.text, host.isDeaf]).toEqual([
    '',
    `topicwise docs serve: Port ${port} of 127.0.0.1 is in use. Stop what listens there, or give port 0, which takes a free one.\n`,
    true,
  ]);
});

it('ends with 1 and what to install where the component is missing', async () => {
  const lookUp = vi.spyOn(installed, 'installedFile').mockReturnValue(undefined);
  afterThisTest(() => lookUp.mockRestore());
  const host = new RecordingHost(applicationFolder({ 'app.ts': text }));
  expect(await topicwise(['docs', 'serve', 'app.ts'], host)).toBe(1);
  expect(host.stderr.text).toBe(
    'topicwise docs serve: The page is drawn by the package @asyncapi/react-component, version 3, which is not installed. Run npm install --save-dev @asyncapi/react-component.\n',
  );
});

it.each([
  [
    'a port that is none',
    ['app.ts', '--port', 'many'],
    2,
    "--port takes a number from 0 to 65535, not 'many'.",
  ],
  ['a missing file', ['ap.ts'], 1, 'ap.ts does not exist. Did you mean app.ts?'],
])('refuses %s', async (_what, words, code, sentence) => {
  const host = new RecordingHost(applicationFolder({ 'app.ts': text }));
  expect(await topicwise(['docs', 'serve', ...words], host)).toBe(code);
  expect(host.stderr.text).toContain(`topicwise docs serve: ${sentence}`);
});
