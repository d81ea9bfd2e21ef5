import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TemplateName, templateNames } from '../../src/cli/scaffold/templates.js';
import { own, PackedPackage, readManifest, runScript } from '../support/templates/packed.js';
import { type Running, running } from '../support/templates/running.js';

const everyFile = [
  '.dockerignore',
  '.env.example',
  '.github/workflows/ci.yml',
  '.gitignore',
  'Dockerfile',
  'README.md',
  'biome.json',
  'compose.yaml',
  'mosquitto.conf',
  'package.json',
  'src/app.ts',
  'src/env.ts',
  'src/main.ts',
  'test/env.test.ts',
  'tsconfig.build.json',
  'tsconfig.json',
  'vitest.config.ts',
];

const ports = { HTTP_PORT: '0', METRICS_PORT: '0' };

/** What a message does in each of them, seen from outside. */
const effects: Readonly<Record<TemplateName, (running: Running, app: string) => Promise<void>>> = {
  async minimal({ exchange }) {
    const state = { on: true, brightness: 80 };
    expect(await exchange(['What a lamp does', '--param', 'lamp=hall'], state, 'lamps/count')).toEqual({
      on: 1,
    });
  },
  async ingest({ acknowledged }, app) {
    const reading = { id: '0f0f0f0f-0000-4000-8000-000000000001', celsius: 20.5, at: '2030-01-01T12:00:00Z' };
    await acknowledged(['What a sensor measured', '--param', 'sensor=hall'], reading);
    const database = new Database(join(app, 'data/readings.db'));
    expect(database.prepare('SELECT * FROM readings').all()).toEqual([{ ...reading, sensor: 'hall' }]);
    database.close();
  },
  async rpc({ exchange }) {
    const light = await exchange(['switches/hall/pressed'], { on: true }, 'switches/hall/light');
    expect(light).toEqual({ colour: 'green' });
  },
  async gateway({ acknowledged, said }) {
    const [, url = ''] = await said(/(http:\S+)\/ shows the lamps/);
    await acknowledged(['lamps/hall/state'], { on: true });
    expect(await (await fetch(`${url}/lamps`)).json()).toEqual([{ lamp: 'hall', on: true }]);
  },
  async workers({ exchange, said }) {
    const [, url = ''] = await said(/worker 1 serves (http:\S+)/);
    await said(/worker 4 serves http/);
    const job = { width: 4_000, height: 3_000, largest: 800 };
    const size = await exchange(['pictures/cat/resize'], job, 'pictures/cat/resized');
    expect(size).toEqual({ width: 800, height: 600 });
    expect(await (await fetch(url)).text()).toContain('topicwise_ready 1\n');
  },
};

let packed: PackedPackage;
beforeAll(() => {
  packed = new PackedPackage();
}, 180_000);
afterAll(() => packed?.[Symbol.dispose]());

describe.each(templateNames)('the template %s, from the packed package', (template) => {
  let app: string;
  beforeAll(() => {
    app = join(packed.folder, `a-${template}`);
    const words = ['new', `a-${template}`, '--template', template, '--no-install', '--no-git', '--yes'];
    const { status, stderr } = packed.run('topicwise', words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    packed.install(app);
  }, 180_000);

  it('has everything that an application needs', () => {
    for (const file of everyFile) expect(existsSync(join(app, file)), file).toBe(true);
  });

  it('is called as it was named, and takes the package in the version that made it', () => {
    const manifest = readManifest(app);
    expect(manifest.name).toBe(`a-${template}`);
    expect(manifest.dependencies?.['topicwise']).toBe(`^${own.version}`);
    expect(manifest.engines).toEqual(own.engines);
    for (const file of ['README.md', '.env.example', 'src/env.ts'])
      expect(readFileSync(join(app, file), 'utf8')).not.toContain('my-app');
  });

  it('depends on nothing but what the project is tested with', () => {
    const { dependencies = {}, devDependencies = {} } = readManifest(app);
    const { topicwise: _, ...others } = { ...dependencies, ...devDependencies };
    expect({ ...own.dependencies, ...own.devDependencies }).toMatchObject(others);
  });

  it.each(['controller', 'contract', 'middleware'])('takes a generated %s', (kind) => {
    const { status, stdout, stderr } = packed.run(
      'topicwise',
      ['generate', kind, 'made-here', '--json'],
      app,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const changed = kind === 'contract' ? [] : ['src/app.ts'];
    expect(JSON.parse(stdout)).toMatchObject({ changed, todo: [] });
  });

  it.each(['lint', 'typecheck', 'test', 'build'])(
    'passes npm run %s',
    (script) => {
      const { code, output } = runScript(app, script);
      expect(code, output).toBe(0);
    },
    120_000,
  );

  it('says at its start what is wrong with its environment, and where that is said', () => {
    const { code, output } = runScript(app, 'start', { MQTT_URL: 'nowhere' });
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/MQTT_URL: (.|\n)*src\/env\.ts:\d/),
    });
  });

  it('starts, does with a message what it is for, and ends at a signal', async () => {
    const code = await running(app, ports, (process) => effects[template](process, app));
    expect(code).toBe(0);
  }, 120_000);
});
