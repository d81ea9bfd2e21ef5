import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { checkNode } from '../../../src/cli/doctor/check-packages.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest } from '../../support/transports/servers.js';

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  experimentalDecorators: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
};
const controller = `import { Controller, Topic } from 'topicwise';
@Controller()
export class LampController {
  @Topic('lamps/+id')
  onLamp() {}
}
`;
const app = (more = '') => `import { createApp } from 'topicwise';
import { LampController } from './lamps.js';
export const app = createApp({ connection: 'mqtt://127.0.0.1:1', controllers: [LampController]${more} });
`;
const healthy = { 'src/app.ts': app(), 'src/lamps.ts': controller };
const tsconfigOf = (options: object, more: object = { include: ['src'] }) =>
  JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, ...more });

/** An application with everything installed that the doctor asks for. */
function installation(files: Readonly<Record<string, string>> = healthy): string {
  return applicationFolder({ 'tsconfig.json': tsconfigOf({}), ...files });
}

async function examined(cwd: string, ...words: string[]) {
  const host = new RecordingHost(cwd);
  const code = await topicwise(['doctor', '--json', ...words], host);
  expect(host.stderr.text).toBe('');
  const { findings } = JSON.parse(host.stdout.text) as { findings: Finding[] };
  const sick = findings.filter(({ level }) => level !== 'ok');
  return { code, findings, sick };
}

function install(folder: string, name: string, version: string): void {
  const place = join(folder, 'node_modules', name);
  rmSync(place, { force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }));
}

it('finds nothing in a healthy application, as a process too', async () => {
  const cwd = installation();
  const { code, stdout, stderr } = cliProcess('main.ts', ['doctor', 'src/app.ts', '--offline'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  const withoutVersions = stdout.replaceAll(/\d+\.\d+\.\d+/g, '<version>');
  expect(withoutVersions).toBe(
    [
      'ok     Node.js: <version>',
      'ok     reflect-metadata: <version>',
      'ok     tsyringe: <version>',
      'ok     zod: <version>',
      'ok     application: src/app.ts has 1 route and could start.',
      'ok     typescript: <version>',
      'ok     tsx: <version>',
      'ok     tsconfig.json: its compilerOptions fit.',
      'ok     tsconfig.json: its include covers the files that the application loads.',
      'ok     decorator metadata: none is emitted for the files that were loaded: constructor parameters need @Inject().',
      '0 errors, 0 warnings.',
      '',
    ].join('\n'),
  );
});

it('looks at the folder alone where no application is named', async () => {
  const { code, findings } = await examined(installation());
  expect(code).toBe(0);
  expect(findings.map(({ about }) => about)).toEqual([
    'Node.js',
    'reflect-metadata',
    'tsyringe',
    'zod',
    'typescript',
    'tsx',
    'tsconfig.json',
  ]);
});

it('prints each finding with its mend under it, and ends with 1 after an error', async () => {
  const cwd = installation({
    ...healthy,
    'tsconfig.json': tsconfigOf({ strict: false, experimentalDecorators: false }),
  });
  const host = new RecordingHost(cwd);
  expect(await topicwise(['doctor'], host)).toBe(1);
  expect(host.stdout.text).toContain(`
error  tsconfig.json: experimentalDecorators is off, and topicwise has decorators of parameters, which the newer ones lack.
       Write "experimentalDecorators": true into its compilerOptions.
warn   tsconfig.json: strict is off: topics, parameters and payloads are checked loosely.
       Write "strict": true into its compilerOptions.
1 error, 1 warning.
`);
});

describe('Node.js', () => {
  it('may be too old', () => {
    expect(checkNode('20.18.0', { engines: { node: '>=20.19' } })).toEqual([
      {
        level: 'error',
        about: 'Node.js',
        says: '20.18.0 is too old: topicwise needs >=20.19.',
        mend: 'Install a newer Node.js.',
      },
    ]);
    expect(checkNode('20.19.0', { engines: { node: '>=20.19' } })).toMatchObject([{ level: 'ok' }]);
  });
});

describe('packages', () => {
  it('may be missing, or of versions that do not fit', async () => {
    const cwd = installation();
    rmSync(join(cwd, 'node_modules/tsyringe'));
    rmSync(join(cwd, 'node_modules/typescript'));
    rmSync(join(cwd, 'node_modules/tsx'));
    install(cwd, 'reflect-metadata', '0.1.14');
    install(cwd, 'zod', '3.22.0');
    const { code, sick } = await examined(cwd);
    expect(code).toBe(1);
    expect(sick).toEqual([
      {
        level: 'error',
        about: 'reflect-metadata',
        says: '0.1.14 is installed; topicwise is made for ^0.2.2.',
        mend: 'Run npm install reflect-metadata@"^0.2.2".',
      },
      {
        level: 'error',
        about: 'tsyringe',
        says: 'it is not installed.',
        mend: 'Run npm install tsyringe@"^4.10.0".',
      },
      {
        level: 'warn',
        about: 'zod',
        says: '3.22.0 is installed; topicwise is made for ^3.25.0 || ^4.0.0.',
        mend: 'Run npm install zod@"^3.25.0 || ^4.0.0".',
      },
      {
        level: 'warn',
        about: 'typescript',
        says: 'it is not installed: nobody checks the types, and tsconfig.json was not looked at.',
        mend: 'Run npm install --save-dev typescript.',
      },
      {
        level: 'warn',
        about: 'tsx',
        says: "it is not installed: this command can't load an application that is written in TypeScript.",
        mend: 'Run npm install --save-dev tsx.',
      },
    ]);
  });

  it.each([
    ['topicwise', 'error', 'plugin/node_modules'],
    ['tsyringe', 'error', '@scope/plugin/node_modules'],
    ['reflect-metadata', 'error', '.pnpm/plugin@1.0.0/node_modules'],
    ['zod', 'warn', 'a/node_modules/b/node_modules'],
  ] as const)('P15: %s may be there twice (%s)', async (name, level, place) => {
    const cwd = installation();
    install(join(cwd, 'node_modules', dirname(place)), name, '9.9.9');
    const { code, sick } = await examined(cwd, 'src/app.ts', '--offline');
    expect(code).toBe(level === 'error' ? 1 : 0);
    expect(sick).toEqual([
      {
        level,
        about: name,
        says: expect.stringMatching(
          new RegExp(
            `^there are 2 copies, which do not know what was made with the other: .*9\\.9\\.9 in node_modules/${place}/${name}\\.$`,
          ),
        ),
        mend: `Run npm dedupe; npm ls ${name} says who asks for which version.`,
      },
    ]);
  });
});

describe('tsconfig.json', () => {
  it.each<[string, object, [Finding['level'], RegExp][]]>([
    [
      'without experimentalDecorators',
      { experimentalDecorators: false },
      [['error', /^experimentalDecorators is off/]],
    ],
    [
      'P6, P17: with emitDecoratorMetadata',
      { emitDecoratorMetadata: true },
      [['warn', /^emitDecoratorMetadata is on: .* A type of a handler needs import type then\.$/]],
    ],
    ['without strict', { strict: false }, [['warn', /^strict is off/]]],
    [
      'without isolatedModules',
      { isolatedModules: false, verbatimModuleSyntax: false },
      [
        ['warn', /^isolatedModules is off/],
        ['warn', /^verbatimModuleSyntax is off/],
      ],
    ],
  ])('%s', async (_what, options, expected) => {
    const { sick } = await examined(installation({ ...healthy, 'tsconfig.json': tsconfigOf(options) }));
    expect(sick.map(({ level }) => level)).toEqual(expected.map(([level]) => level));
    for (const [at, [, says]] of expected.entries())
      expect(sick[at]).toMatchObject({
        about: 'tsconfig.json',
        says: expect.stringMatching(says),
        mend: expect.any(String),
      });
  });

  it('is read with its comments and what it extends, from the folder above too', async () => {
    const cwd = installation({
      ...healthy,
      'base.json': tsconfigOf({ strict: false }, {}),
      'tsconfig.json': '{\n  // of our own\n  "extends": "./base.json",\n  "include": ["src"],\n}',
    });
    const { sick } = await examined(cwd, 'src/app.ts', '--offline');
    expect(sick.map(({ says }) => says)).toEqual([
      'strict is off: topics, parameters and payloads are checked loosely.',
    ]);
  });

  it.each([
    ['extends what is not there', '{ "extends": "./no.json" }', /^TS5083: Cannot read file '.*no\.json'\.$/],
    ['is no JSON', '{,', /^.*TS\d+: Property assignment expected\.$/],
    ['covers no file', '{ "include": ["nothing"] }', /^TS18003: No inputs were found /],
  ])('that %s is an error in the compiler`s words', async (_what, text, says) => {
    const { code, sick } = await examined(installation({ ...healthy, 'tsconfig.json': text }));
    expect(code).toBe(1);
    expect(sick[0]).toMatchObject({
      level: 'error',
      about: 'tsconfig.json',
      mend: 'Mend what the compiler names.',
    });
    expect(sick[0]?.says).toMatch(says);
  });

  it('P2: does not cover a file with decorators that the application loads', async () => {
    const cwd = installation({
      'src/app.ts': app().replace('./lamps.js', '../more/lamps.js'),
      'more/lamps.ts': controller,
    });
    const { code, sick } = await examined(cwd, 'src/app.ts', '--offline');
    expect(code).toBe(1);
    expect(sick).toContainEqual({
      level: 'error',
      about: 'tsconfig.json',
      says: 'more/lamps.ts has decorators and is not covered by include: tools translate it without experimentalDecorators.',
      mend: `Add its folder to "include" in ${join(cwd, 'tsconfig.json')}.`,
    });
  });

  it('may cover less than the application where that has no decorators', async () => {
    const cwd = installation({
      ...healthy,
      'src/app.ts': `import '../more/plain.js';\n${app()}`,
      'more/plain.ts': 'export {}; // @Controller() is above a class elsewhere',
    });
    expect((await examined(cwd, 'src/app.ts', '--offline')).sick).toEqual([]);
  });
});

describe('the application', () => {
  it('that is not there is covered by nothing', async () => {
    const { findings } = await examined(installation(healthy), 'src/none.ts', '--offline');
    expect(findings.filter(({ says }) => says.includes('include'))).toEqual([]);
  });

  it.each([
    [
      'is not there',
      {},
      'src/app.ts does not exist: there is no folder src. Build the application, or name its file.',
    ],
    ['throws', { 'src/app.ts': 'throw new Error("no luck");' }, 'src/app.ts could not be loaded: no luck.'],
    ['exports none', { 'src/app.ts': 'export const a = 1;' }, 'src/app.ts exports no application, but a.'],
    [
      'could not start',
      { ...healthy, 'src/app.ts': app(", prefix: 'a/+'") },
      "The application of src/app.ts can't start:",
    ],
  ])('that %s is an error', async (_what, files, sentence) => {
    const { code, sick } = await examined(installation(files), 'src/app.ts', '--offline');
    expect(code).toBe(1);
    expect(sick.find(({ about }) => about === 'application')).toMatchObject({
      level: 'error',
      says: expect.stringContaining(sentence),
    });
  });
});

describe('the broker', () => {
  async function listening(options: ConstructorParameters<typeof FakeBroker>[0] = {}) {
    const broker = new FakeBroker({ clock: 'real', ...options });
    afterThisTest(() => broker[Symbol.asyncDispose]());
    return { broker, url: (await broker.listen()).url };
  }
  const said = ({ findings }: { findings: Finding[] }) =>
    findings.filter(({ about }) => about === 'broker').map(({ level, says }) => `${level}: ${says}`);

  it('is asked what it can do, and left as it was', async () => {
    const { broker, url } = await listening({ capabilities: { receiveMaximum: 7, maximumPacketSize: 1000 } });
    expect(said(await examined(installation(), '--url', url))).toEqual([
      'ok: it speaks MQTT 5.0, maximum QoS 2, retained messages, wildcard subscriptions, shared subscriptions, subscription identifiers, receive maximum 7, packets up to 1000 bytes, 0 topic aliases.',
    ]);
    expect(broker.transcript()).toMatch(/CONNECT.*[\s\S]*DISCONNECT/);
    expect(broker.transcript()).not.toContain('SUBSCRIBE');
  });

  it('is held against the routes of the application', async () => {
    const { url } = await listening({
      capabilities: {
        wildcards: false,
        sharedSubscriptions: false,
        maximumQoS: 0,
        retain: false,
        subscriptionIdentifiers: false,
      },
    });
    const text = `import { createApp, defineTopic } from 'topicwise';
const alarm = defineTopic('alarms', { retain: true });
export const app = createApp({ connection: { url: 'mqtt://127.0.0.1:1', clientId: 'lamps' }, share: 'lamps' });
app.on('lamps/+id', function onLamp() {}, { sends: [alarm] });
app.on('#', function onAll() {}, { qos: 0 });
`;
    const result = await examined(installation({ 'src/app.ts': text }), 'src/app.ts', '--url', url);
    expect(result.code).toBe(1);
    expect(said(result)).toEqual([
      'ok: it speaks MQTT 5.0, maximum QoS 0, no retained messages, no wildcard subscriptions, no shared subscriptions, no subscription identifiers, receive maximum 1000, packets up to 1048576 bytes, 0 topic aliases.',
      "error: onLamp asks for QoS 1; the broker's maximum is 0.",
      "error: onLamp uses share: 'lamps'; the broker has no shared subscriptions.",
      'error: onLamp subscribes to "lamps/+"; the broker has no wildcard subscriptions.',
      "error: onAll uses share: 'lamps'; the broker has no shared subscriptions.",
      'error: onAll subscribes to "#"; the broker has no wildcard subscriptions.',
      'error: onLamp sends "alarms" retained; the broker keeps no retained messages.',
      'error: onLamp sends "alarms" at QoS 1; the broker\'s maximum is 0.',
      expect.stringMatching(
        /^warn: without subscription identifiers, a message for several of onLamp, onAll is told apart by its topic/,
      ),
    ]);
  });

  it('is that of the application, spoken to as it speaks, under another identifier', async () => {
    const { broker, url } = await listening({ version: 4 });
    const text = `import { createApp, defineTopic } from 'topicwise';
export const app = createApp({ connection: { url: '${url}', clientId: 'lamps', protocol: 4, will: { topic: 'gone', payload: '' } } });
app.on(defineTopic('lamps', { reply: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } } }), function onLamp() {});
`;
    const result = await examined(installation({ 'src/app.ts': text }), 'src/app.ts');
    expect(result.code).toBe(0);
    expect(said(result)).toEqual([
      'ok: it speaks MQTT 3.1.1, maximum QoS 2, retained messages, wildcard subscriptions, no subscription identifiers, receive maximum 65535, packets of any size, 0 topic aliases.',
      expect.stringMatching(/^warn: onLamp: the topic has a reply, but MQTT 3\.1\.1 has no response topic/),
    ]);
    expect(broker.transcript()).toContain('CONNECT');
    expect(broker.transcript()).not.toMatch(/lamps|gone/);
  });

  it.each([
    [
      'that nobody answers for',
      ['--url', 'mqtt://127.0.0.1:1'],
      'Could not reach mqtt://127.0.0.1:1: nothing listens there.',
    ],
    ['of another protocol', ['--url', 'http://127.0.0.1'], 'http'],
  ])('%s is an error', async (_what, words, sentence) => {
    const { code, sick } = await examined(installation(), ...words);
    expect(code).toBe(1);
    expect(sick).toEqual([
      {
        level: 'error',
        about: 'broker',
        says: expect.stringContaining(sentence),
        mend: 'Start the broker, name another one with --url, or leave it out with --offline.',
      },
    ]);
  });
});

it.each([
  [['--url', 'localhost'], "--url takes the URL of a broker, such as mqtt://localhost, not 'localhost'."],
  [['--url', 'mqtt://localhost', '--offline'], '--url and --offline contradict each other.'],
  [['--ofline'], "'--ofline' is not understood. Did you mean '--offline'?"],
  [['a.ts', 'b.ts'], "'b.ts' is not understood."],
])('does not understand %j', async (words, sentence) => {
  const host = new RecordingHost();
  expect(await topicwise(['doctor', ...words], host)).toBe(2);
  expect([host.stdout.text, host.stderr.text]).toEqual([
    '',
    `topicwise doctor: ${sentence} See 'topicwise doctor --help'.\n`,
  ]);
});

it('explains itself with an example', async () => {
  const host = new RecordingHost();
  expect(await topicwise(['doctor', '--help'], host)).toBe(0);
  expect(host.stdout.text).toContain('Usage: topicwise doctor [entry] [option ...]');
  expect(host.stdout.text).toContain('Example: npx topicwise doctor src/app.ts');
});
