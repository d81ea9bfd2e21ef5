import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-layers.mjs', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function check(files: Record<string, string>): { status: number | null; stderr: string } {
  const root = mkdtempSync(join(tmpdir(), 'layers-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, 'src', dirname(path)), { recursive: true });
    writeFileSync(join(root, 'src', path), text);
  }
  return spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
}

it.each([
  ['an import', "import { connect } from '../client/index.js';"],
  ['a type import', "import type { Client } from '../client/client.js';"],
  ['a re-export', "export * from '../client/index.js';"],
  ['a dynamic import', "await import('../client/index.js');"],
  ['an import for its effect', "import '../client/index.js';"],
  ['an import over several lines', "import {\n  connect,\n} from '../client/index.js';"],
])('refuses %s against the table', (_, text) => {
  const { status, stderr } = check({ 'session/a.ts': text });
  expect(status).toBe(1);
  expect(stderr).toContain('session/ may not import client/');
});

it('refuses a package or a module of Node that the layer may not have', () => {
  const { status, stderr } = check({
    'session/a.ts': "import { readFile } from 'node:fs';",
    'client/b.ts': "import { container } from 'tsyringe';",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("src/session/a.ts:1: session/ may not import 'node:fs'");
  expect(stderr).toContain("src/client/b.ts:1: client/ may not import 'tsyringe'");
});

it('refuses a read of the machine’s clock or chance outside time/', () => {
  const { status, stderr } = check({
    'time/clock.ts': 'export const now = () => Date.now();',
    'client/a.ts': 'export const jitter = () =>\n  Math.random() * Date.now();',
  });
  expect(status).toBe(1);
  expect(stderr).toContain('src/client/a.ts:2: Math.random reads');
  expect(stderr).toContain('src/client/a.ts:2: Date.now reads');
  expect(stderr).not.toContain('src/time/');
});

it('refuses a folder that the table does not know', () => {
  expect(check({ 'utils/a.ts': '' }).stderr).toContain("'utils' is not in the table");
});

it('accepts what the table allows, and prose about the rest', () => {
  const { status, stderr } = check({
    'session/a.ts':
      "// import { connect } from '../client/index.js';\n/* Date.now() */\nimport { x } from '../packets/a.js';\nimport { y } from './b.js';",
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
