import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../../src/broker/index.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { connect } from '../../../src/client/index.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest } from '../../support/transports/servers.js';

const app = (options = "share: 'workers'") => `import { createApp } from 'topicwise';
export const app = createApp({ connection: { url: process.env.MQTT_URL ?? 'mqtt://127.0.0.1:1', clientId: 'app' }, ${options} });
app.on('jobs/+id', function onJob({ params }) {
  console.log(\`\${params.id} by \${process.env.TOPICWISE_WORKER} of \${process.pid}\`);
  if (params.id === 'die') process.exit(7);
});
setInterval(() => {}, 1_000);
`;

const tsx = createRequire(import.meta.url).resolve('tsx');
const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** A broker, and the clients that are connected to it. */
async function brokerWithClients() {
  const clients: string[] = [];
  let ended: (how: string) => void = () => {};
  const endings = {
    get next() {
      return new Promise<string>((resolve) => {
        ended = resolve;
      });
    },
  };
  const broker = new Broker({
    observer: {
      packet(connection, direction, packet) {
        if (direction === 'out' && packet.type === 'connack') clients.push(connection.clientId);
      },
      message() {},
      closed: ({ clientId, ending }) => ended(`${clientId}: ${ending}`),
    },
  });
  afterThisTest(() => broker.close());
  const { url } = await broker.listen({ port: 0, host: '127.0.0.1' });
  const publish = async (topic: string) => {
    await using client = await connect(url);
    await client.publish(topic, 'x', { qos: 1 });
  };
  return { broker, url, clients, publish, endings };
}

/** The command as a process of its own, at the head of a group of processes as in a terminal, whose end is awaited. */
function asProcess(words: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', tsx, main, 'run', ...words], {
    detached: true,
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  afterThisTest(() => child.kill('SIGKILL'));
  const host = new RecordingHost(); // only to read along
  child.stdout.on('data', (text) => host.stdout.write(String(text)));
  child.stderr.on('data', (text) => host.stderr.write(String(text)));
  return { child, host, ended: once(child, 'close').then(([code]) => code as number | null) };
}

/** The command in this process, its workers in their own. */
function running(files: Record<string, string>, words: readonly string[], env: Record<string, string> = {}) {
  const host = new RecordingHost(applicationFolder(files));
  Object.assign(host.env, env);
  const ended = topicwise(['run', ...words], host);
  afterThisTest(() => {
    host.signal();
    return ended;
  });
  return { host, ended };
}

describe('without workers', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('runs the application in its process until %s', async (signal) => {
    const { url, clients, publish } = await brokerWithClients();
    const { child, host, ended } = asProcess(['app.ts'], applicationFolder({ 'app.ts': app('') }), {
      MQTT_URL: url,
    });
    await host.stderr.until(/INFO {2}Subscribed\./);
    await publish('jobs/1');
    await host.printed(new RegExp(`^1 by undefined of ${child.pid}\n`));
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(clients[0]).toBe('app');
    expect(host.stderr.text).toContain(
      `Stopping. A second signal ends the process at once. signal=${signal}\n`,
    );
  });

  it('runs a file that runs its application itself, to what it does afterwards', async () => {
    const { url } = await brokerWithClients();
    const files = {
      'app.ts': app(''),
      'main.ts': "import { app } from './app.js'; await app.run(); console.log('after it');",
    };
    const { child, host, ended } = asProcess(['main.ts'], applicationFolder(files), { MQTT_URL: url });
    await host.stderr.until(/INFO {2}Subscribed\./);
    child.kill('SIGTERM');
    expect([await ended, host.stdout.text]).toEqual([0, 'after it\n']);
  });

  it.each<[what: string, text: string, stderr: RegExp]>([
    ['the broker can not be reached', app(''), /^\S+ ERROR [^\n]*127\.0\.0\.1:1[^\n]*\n$/],
    [
      'the application is wrongly written',
      app("shutdown: { timeout: 'soon' }"),
      /^\S+ ERROR [^\n]*shutdown\.timeout[^\n]*\n$/,
    ],
    [
      'the file throws',
      "throw new Error('No DATABASE_FILE.');",
      /^topicwise run: app\.ts could not be loaded: No DATABASE_FILE\. It was thrown at app\.ts:1\.\n$/,
    ],
  ])('ends with 1 and a sentence where %s', async (_what, text, stderr) => {
    const { host, ended } = asProcess(['app.ts'], applicationFolder({ 'app.ts': text }));
    expect([await ended, host.stdout.text]).toEqual([1, '']);
    expect(host.stderr.text).toMatch(stderr);
  });

  it('ends with 1 and a sentence where the broker goes for good', async () => {
    const { broker, url } = await brokerWithClients();
    const text = app('').replace("clientId: 'app'", "clientId: 'app', reconnect: false");
    const { host, ended } = asProcess(['app.ts'], applicationFolder({ 'app.ts': text }), { MQTT_URL: url });
    await host.stderr.until(/INFO {2}Subscribed\./);
    await broker.close();
    expect(await ended).toBe(1);
    expect(host.stderr.text).toMatch(/ERROR The (connection|broker)[^\n]+\n$/);
  });
});

describe('with workers', () => {
  it('runs each under a client identifier of its own, and passes a signal on', async () => {
    const { url, clients, publish } = await brokerWithClients();
    const { host, ended } = running({ 'app.ts': app() }, ['app.ts', '--workers', '2'], { MQTT_URL: url });
    await host.printed(/Worker 1 is running\.\n.*Worker 2 is running\.\n/s);
    expect(clients).toEqual(['app-1', 'app-2']);
    for (let job = 0; job < 4; job++) await publish(`jobs/${job}`);
    for (const job of [0, 1, 2, 3]) await host.printed(new RegExp(`^${job} by [12] of \\d+$`, 'm'));
    expect(new Set(host.stdout.text.match(/(?<= by )[12]/g))).toEqual(new Set(['1', '2'])); // shared
    host.signal();
    expect(await ended).toBe(0);
    expect(host.stderr.text).not.toMatch(/ERROR|topicwise run/);
  });

  it('starts one that dies again', async () => {
    const { url, clients, publish } = await brokerWithClients();
    const { host, ended } = running({ 'app.ts': app() }, ['app.ts', '-w', '1'], { MQTT_URL: url });
    await host.printed(/Worker 1 is running\./);
    await publish('jobs/die');
    await host.stderr.until(
      /^topicwise run: Worker 1 ended \(exit code 7\)\. It is started again in \d+ ms\.\n/m,
    );
    expect(clients[0]).toBe('app-1');
    host.signal();
    expect(await ended).toBe(0);
  });

  it.each<[what: string, files: Record<string, string>, stderr: RegExp]>([
    [
      'a route has no share',
      { 'app.ts': app('') },
      /ERROR With --workers, each worker would handle every message of onJob\. Write share: '<name>' into the options of createApp, of the controller or of the handler: then each message goes to one of them\.\n/,
    ],
    [
      'the file throws',
      { 'app.ts': "throw new Error('boom');" },
      /^topicwise run: app\.ts could not be loaded: boom\. /,
    ],
  ])('ends all with 1 where %s, before the second is started', async (_what, files, stderr) => {
    const { url, clients } = await brokerWithClients();
    const { host, ended } = running(files, ['app.ts', '-w', '3'], { MQTT_URL: url });
    expect(await ended).toBe(1);
    expect(host.stderr.text).toMatch(stderr);
    expect(host.stderr.text).toMatch(
      /\ntopicwise run: Worker 1 could not start \(exit code 1\)\. All are stopped\.\n$/,
    );
    expect([host.children.length, clients]).toEqual([1, []]);
  });
});

describe('with workers, as a process', () => {
  it('ends in good order at Ctrl-C, which every process of a terminal gets', async () => {
    const { url, endings } = await brokerWithClients();
    const { child, host, ended } = asProcess(['app.ts', '-w', '1'], applicationFolder({ 'app.ts': app() }), {
      MQTT_URL: url,
    });
    await host.printed(/Worker 1 is running\./);
    const goodbye = endings.next;
    process.kill(-child.pid!, 'SIGINT');
    expect(await ended).toBe(0);
    expect(await goodbye).toBe('app-1: The client said goodbye.');
    expect(host.stderr.text).not.toMatch(/topicwise run|ERROR/);
  });

  it('leaves no worker behind when it is killed', async () => {
    const { url, endings } = await brokerWithClients();
    const { child, host } = asProcess(['app.ts', '-w', '1'], applicationFolder({ 'app.ts': app() }), {
      MQTT_URL: url,
    });
    await host.printed(/Worker 1 is running\./);
    const goodbye = endings.next;
    child.kill('SIGKILL');
    expect(await goodbye).toBe('app-1: The client said goodbye.');
  });
});

it.each<[what: string, code: number, words: string[], files: Record<string, string>, sentence: string]>([
  ['a missing file', 1, ['ap.mjs'], { 'app.mjs': '' }, 'ap.mjs does not exist. Did you mean app.mjs?'],
  [
    'a missing file for workers',
    1,
    ['ap.mjs', '-w', '2'],
    { 'app.mjs': '' },
    'ap.mjs does not exist. Did you mean app.mjs?',
  ],
  [
    'no application',
    1,
    ['app.mjs'],
    { 'app.mjs': '' },
    "app.mjs exports no application. Write 'export const app = createApp({ ... })' in it, or name the file that does.",
  ],
  [
    'two applications',
    1,
    ['app.mjs'],
    { 'app.mjs': `${app()}export const b = createApp({ connection: 'mqtt://x' });` },
    'app.mjs exports 2 applications: app, b. Say which with --app app.',
  ],
  [
    'no workers',
    2,
    ['app.mjs', '--workers', '0'],
    {},
    "--workers takes a number from 1 to 256, not '0'. See 'topicwise run --help'.",
  ],
  [
    'an unknown option',
    2,
    ['app.mjs', '--worker', '2'],
    {},
    "'--worker' is not understood. Did you mean '--workers'? See 'topicwise run --help'.",
  ],
])('refuses %s with a sentence', async (_what, code, words, files, sentence) => {
  const { host, ended } = running(files, words);
  expect([await ended, host.stdout.text, host.stderr.text]).toEqual([
    code,
    '',
    `topicwise run: ${sentence}\n`,
  ]);
});

it('explains itself with an example', async () => {
  const host = new RecordingHost();
  expect(await topicwise(['run', '--help'], host)).toBe(0);
  expect(host.stdout.text).toContain('Example: npx topicwise run dist/app.js --workers 4\n');
});
