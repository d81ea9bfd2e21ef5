import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../../src/broker/index.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { connect } from '../../../src/client/index.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { readAlong, startCommandLine } from '../../support/cli/process-beside.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest, listening } from '../../support/transports/servers.js';

const app = (reply: string, more = '') => `import { createApp, defineTopic } from 'topicwise';
${more}
const ping = defineTopic('ping', { codec: 'text' });
const pong = defineTopic('pong', { codec: 'text' });
export const app = createApp({ connection: { url: 'mqtts://192.0.2.1', clientId: 'app', tls: {} } });
app.on(ping, function onPing() { return pong.message({}, '${reply}'); }, { sends: [pong] });
`;

function running(files: Record<string, string>, words: readonly string[], env: Record<string, string> = {}) {
  const host = new RecordingHost(applicationFolder(files));
  Object.assign(host.env, env);
  const ended = topicwise(['dev', ...words], host);
  afterThisTest(() => {
    host.signal();
    return ended;
  });
  const write = (name: string, text: string) => writeFileSync(join(host.cwd, name), text);
  return { host, ended, write };
}

/** What comes back for a message. */
async function answer(url: string): Promise<string> {
  await using client = await connect(url, { protocol: 5 });
  const answers = await client.stream('pong');
  await client.publish('ping', 'x', { qos: 1 });
  for await (const message of answers) return new TextDecoder().decode(message.payload);
  throw new Error('The stream ended.');
}

it('runs the application on a broker of its own, shows its routes, and runs it anew when a file that it imports changes', async () => {
  const { host, ended, write } = running(
    {
      'app.ts': app("' + one + '", "import { one } from './one.js';"),
      'one.ts': "export const one = 'one';",
    },
    ['app.ts', '--port', '0'],
  );
  const [, url = ''] = await host.printed(/^The embedded broker listens on (mqtt:\S+)\.\n/);
  await host.printed(/Handler\nping {4}1 {4}- {6}onPing {2}app\.ts:6\n/);
  expect(await answer(url)).toBe('one');
  write('one.ts', "export const one = 'two';");
  await host.printed(/one\.ts has changed\.\n.*Handler\n/s);
  expect(await answer(url)).toBe('two');
  host.signal();
  expect(await ended).toBe(0);
  expect(host.stdout.text).toMatch(
    /^The embedded broker listens on (mqtt:\S+)\.\nThe application connects to \1\. Ctrl-C ends it\.\n/,
  );
  expect(host.stderr.text).toMatch(/^\d\d:\d\d:\d\d INFO {2}Subscribed\. routes=1/m);
  await expect(connect(url, { connectTimeout: 1_000 })).rejects.toThrow();
});

it('works as a process, until SIGINT', async () => {
  const cwd = applicationFolder({ 'app.ts': app('as ever') });
  const child = startCommandLine(['dev', 'app.ts', '--port', '0'], { cwd, env: { MQTT_URL: '' } });
  const { host, closed } = readAlong(child);
  const [, url = ''] = await host.printed(/^The embedded broker listens on (mqtt:\S+)\.\n/);
  await host.printed(/onPing/);
  expect(await answer(url)).toBe('as ever');
  child.kill('SIGINT');
  expect(await closed).toEqual([0, null]);
  await expect(connect(url, { connectTimeout: 1_000 })).rejects.toThrow();
});

it('watches on after an error, and says what it is', async () => {
  const { host, ended, write } = running({ 'app.ts': 'export const = 1;' }, ['app.ts', '--port', '0']);
  const next = async (stderr: RegExp, change: () => void) => {
    await host.stderr.until(stderr);
    await host.printed(
      /The application has ended \(exit code 1\)\. It is started again when a file changes\.\n$/,
    );
    change();
    await host.printed(/has changed\.\n$/);
  };
  await next(
    /^topicwise dev: app\.ts could not be compiled: app\.ts:1:13: Expected identifier but found "="\n/,
    () => write('app.ts', "throw new Error('boom');"),
  );
  await next(/topicwise dev: app\.ts could not be loaded: boom\. It was thrown at app\.ts:1\.\n$/, () =>
    write('app.ts', app('x', "import './late.js';")),
  );
  await next(/topicwise dev: app\.ts could not be loaded: Cannot find module '[^']+late\.js' [^\n]+\n$/, () =>
    write('late.ts', 'export {};'),
  );
  await host.printed(/Handler\nping /);
  write('app.ts', app('x').replace("'ping', {", "'ping', { qos: 7,"));
  await host.stderr.until(
    /topicwise dev: app\.ts could not be loaded: TopicError: The topic "ping" has qos 7: it is 0, 1 or 2\. /,
  );
  host.signal();
  expect(await ended).toBe(0);
});

it('runs a file that runs its application itself', async () => {
  const { host, ended } = running(
    {
      'app.ts': app('x'),
      'main.ts': "import { app } from './app.js'; await app.run(); console.log('after it');",
    },
    ['main.ts', '--port', '0'],
  );
  await host.printed(/Handler\nping /);
  host.signal();
  expect(await ended).toBe(0);
  expect(host.stdout.text).toMatch(/after it\n$/);
});

describe('connects to', () => {
  it.each<
    [
      what: string,
      given: (url: string) => {
        words?: string[];
        env?: Record<string, string>;
        files?: Record<string, string>;
      },
    ]
  >([
    ['--url', (url) => ({ words: ['--url', url], env: { MQTT_URL: 'mqtt://192.0.2.1' } })],
    ['MQTT_URL', (url) => ({ env: { MQTT_URL: url }, files: { '.env': 'MQTT_URL=mqtt://192.0.2.1' } })],
    ['MQTT_URL of .env', (url) => ({ files: { '.env': `MQTT_URL=${url}` } })],
    [
      'the address in the code with --no-broker',
      (url) => ({ words: ['--no-broker'], files: { 'app.ts': app('x').replace('mqtts://192.0.2.1', url) } }),
    ],
  ])('%s, and stays when that broker goes', async (_what, given) => {
    const broker = new Broker();
    afterThisTest(() => broker.close());
    const { url } = await broker.listen({ port: 0, host: '127.0.0.1' });
    const { words = [], env = {}, files } = given(url);
    const { host, ended } = running(
      { 'app.ts': app('x').replace(', tls: {}', ''), ...files },
      ['app.ts', ...words],
      env,
    );
    if (files?.['app.ts']) writeFileSync(join(host.cwd, 'app.ts'), files['app.ts'].replace(', tls: {}', ''));
    await host.printed(/Handler\nping /);
    expect(host.stdout.text).toContain(words.includes('--no-broker') ? 'the address in its code' : url);
    await broker.close();
    await host.stderr.until(/WARN {2}.* Connecting again\./);
    host.signal();
    expect(await ended).toBe(0);
  });
});

it('ends at once at a second signal', async () => {
  const { host, ended } = running({ 'app.ts': `console.log('loading'); for (;;);` }, [
    'app.ts',
    '--port',
    '0',
  ]);
  await host.printed(/loading/);
  host.signal();
  host.signal();
  expect(host.exits).toEqual([1]);
  await ended;
});

describe('refuses with a sentence', () => {
  it('a port that is taken', async () => {
    const taken = createServer();
    const port = await listening(taken, { port: 0, host: '127.0.0.1' });
    const { host, ended } = running({ 'app.ts': app('x') }, ['app.ts', '--port', String(port)]);
    expect(await ended).toBe(1);
    expect(host.stderr.text).toBe(
      `topicwise dev: Port ${port} of 127.0.0.1 is in use. Stop what listens there, or give port 0, which takes a free one. If that is a broker, write --url mqtt://127.0.0.1:${port}.\n`,
    );
  });

  it.each<[what: string, code: number, words: string[], sentence: RegExp]>([
    ['a missing file', 1, ['ap.ts'], /^topicwise dev: ap\.ts does not exist\. Did you mean app\.ts\?\n$/],
    [
      'an address that is none',
      1,
      ['app.ts', '--url', 'nowhere'],
      /^topicwise dev: --url: .*"nowhere".* Write an address like mqtt:\/\/host:1883\.\n$/,
    ],
    [
      'an address and a broker',
      2,
      ['app.ts', '--url', 'mqtt://x', '--broker'],
      /^topicwise dev: --url names a broker: leave out --broker\. See /,
    ],
    [
      'a port of no broker',
      2,
      ['app.ts', '--no-broker', '--port', '1'],
      /^topicwise dev: --port is for the embedded broker, which is not run\. See /,
    ],
    ['no file', 2, [], /^topicwise dev: <entry> is missing: it takes the file /],
  ])('%s', async (_what, code, words, sentence) => {
    const { host, ended } = running({ 'app.ts': app('x') }, words);
    expect(await ended).toBe(code);
    expect(host.stderr.text).toMatch(sentence);
  });

  it.each([
    ['no application', 'export const x = 1;', /^topicwise dev: app\.ts exports no application, but x\. /],
    [
      'two applications',
      `${app('x')}export const other = createApp({ connection: 'mqtt://x' });`,
      /^topicwise dev: app\.ts exports 2 applications: app, other\. /,
    ],
  ])('%s, and watches on', async (_what, text, sentence) => {
    const { host, ended } = running({ 'app.ts': text }, ['app.ts', '--port', '0']);
    await host.printed(/It is started again when a file changes\.\n$/);
    expect(host.stderr.text).toMatch(sentence);
    rmSync(join(host.cwd, 'app.ts'));
    await host.stderr.until(/app\.ts does not exist\. /);
    host.signal();
    expect(await ended).toBe(0);
  });
});

it('explains itself with an example', async () => {
  const host = new RecordingHost();
  expect(await topicwise(['dev', '--help'], host)).toBe(0);
  expect(host.stdout.text).toContain('Example: npx topicwise dev src/app.ts\n');
});
