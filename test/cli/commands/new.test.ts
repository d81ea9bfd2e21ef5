import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { templateNames } from '../../../src/cli/scaffold/templates.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { temporaryFolder } from '../../support/cli/temporary-folder.js';

/** The command in this process, in an empty folder; `answers` make it a terminal. */
async function running(words: readonly string[], answers?: readonly string[], cwd = temporaryFolder()) {
  const host = new RecordingHost(cwd, answers);
  const code = await topicwise(['new', ...words], host);
  return { code, host, cwd, stdout: host.stdout.text, stderr: host.stderr.text };
}

const name = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string }).name;

describe('as a process', () => {
  const nothing = ['--no-install', '--no-git'];

  it('makes an application without a question, and prints the next two commands', () => {
    const cwd = temporaryFolder();
    expect(cliProcess('main.ts', ['new', 'hall', '--yes', ...nothing], { cwd })).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^hall has \d+ files of the template minimal\.\n\nNext:\n {2}cd hall && npm install\n {2}npm run dev\n$/,
      ),
      stderr: '',
    });
    expect(readdirSync(join(cwd, 'hall')).sort()).toMatchInlineSnapshot(`
      [
        ".dockerignore",
        ".env.example",
        ".github",
        ".gitignore",
        "Dockerfile",
        "README.md",
        "biome.json",
        "compose.yaml",
        "mosquitto.conf",
        "package.json",
        "src",
        "test",
        "tsconfig.build.json",
        "tsconfig.json",
        "vitest.config.ts",
      ]
    `);
    expect(name(join(cwd, 'hall'))).toBe('hall');
  });

  it('is create-topicwise too', () => {
    const cwd = temporaryFolder();
    const env = { npm_config_user_agent: 'pnpm/9.1.0 npm/? node/v20.20.2 linux x64' };
    const { code, stdout, stderr } = cliProcess('create.ts', ['hall', ...nothing], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('\n  cd hall && pnpm install\n  pnpm run dev\n');
    expect(cliProcess('create.ts', [], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "create-topicwise: <folder> is missing: it takes the folder to make, such as my-app. See 'create-topicwise --help'.\n",
    });
  });

  it('refuses a folder that is not empty', () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'hall'));
    writeFileSync(join(cwd, 'hall', 'README.md'), 'mine');
    expect(cliProcess('main.ts', ['new', 'hall'], { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'topicwise new: hall is not empty. Choose a new folder, or --force to write into this one; files of the same names are overwritten.\n',
    });
    expect(readFileSync(join(cwd, 'hall', 'README.md'), 'utf8')).toBe('mine');
  });
});

it('explains itself', async () => {
  const { code, stdout } = await running(['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "topicwise new: makes an application from a template that comes with the package; nothing of it is downloaded

    Usage: topicwise new [folder] [option ...]

    Words:
      folder  the folder to make, such as my-app

    Options:
      -t, --template <name>  minimal, ingest, rpc, gateway, workers (default: minimal)
      --name <name>          the name of its package (default: the folder's)
      --pm <name>            npm, pnpm, yarn, bun (default: the one that runs this)
      --[no-]install         install what it depends on (default: yes)
      --[no-]git             make a git repository of it (default: yes, unless it lies in one)
      -y, --yes              ask nothing
      --force                write into a folder that is not empty
      -h, --help             print this help

    Templates:
      minimal   one controller and its test
      ingest    readings into an SQLite file, with retries and dead letters
      rpc       commands with replies, errors and timeouts
      gateway   HTTP and MQTT in one process, live updates on a web page
      workers   one subscription shared by several processes, with metrics

    In a terminal it asks for what no option says; elsewhere, and with --yes, the defaults hold.

    Example: npx topicwise new my-app --template ingest --yes
    "
  `);
});

describe('understands no', () => {
  it.each<[what: string, words: string[], sentence: string]>([
    ['missing folder', [], '<folder> is missing: it takes the folder to make, such as my-app.'],
    ['two folders', ['a', 'b'], "'b' is not understood."],
    [
      'unknown template',
      ['a', '--template', 'mininal'],
      `--template takes one of ${templateNames.join(', ')}, not 'mininal'.`,
    ],
    ['unknown package manager', ['a', '--pm', 'nmp'], "--pm takes one of npm, pnpm, yarn, bun, not 'nmp'."],
    ['misspelt option', ['a', '--instal'], "'--instal' is not understood. Did you mean '--install'?"],
    [
      'capital letters',
      ['My App'],
      "'My App' can't be the name of a package: it has capital letters. Write --name my-app, or another folder.",
    ],
    [
      'other letters',
      ['söcks'],
      "'söcks' can't be the name of a package: it has other characters than a to z, digits, '-', '.', '_' and '~'. Write --name s-cks, or another folder.",
    ],
    [
      'a dot at the front',
      ['.socks'],
      "'.socks' can't be the name of a package: it begins with '.'. Write --name socks, or another folder.",
    ],
    [
      'a reserved name',
      ['a', '--name', 'node_modules'],
      "'node_modules' can't be the name of a package: it is reserved. Write --name my-app, or another folder.",
    ],
    [
      'a long name',
      ['a', '--name', 'a'.repeat(215)],
      `'${'a'.repeat(215)}' can't be the name of a package: it is longer than 214 characters. Write --name ${'a'.repeat(214)}, or another folder.`,
    ],
  ])('%s', async (_what, words, sentence) => {
    const { code, cwd, stdout, stderr } = await running(words);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `topicwise new: ${sentence} See 'topicwise new --help'.\n`,
    });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('the folder', () => {
  it('may be the current one, empty but for its repository', async () => {
    const cwd = join(temporaryFolder(), 'hall');
    mkdirSync(join(cwd, '.git'), { recursive: true });
    const { code, host, stdout } = await running(['.'], undefined, cwd);
    expect({ code, name: name(cwd), ran: host.ran }).toEqual({
      code: 0,
      name: 'hall',
      ran: [{ folder: cwd, line: 'npm install' }],
    });
    expect(stdout).toContain('\nNext:\n  npm test\n  npm run dev\n');
  });

  it('may have another name than the package', async () => {
    const { cwd, code } = await running(['My App', '--name', 'hall', '--no-install', '--no-git']);
    expect({ code, name: name(join(cwd, 'My App')) }).toEqual({ code: 0, name: 'hall' });
  });

  it('may have files in it with --force, which stay unless the template has them', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'notes.txt'), 'mine');
    writeFileSync(join(cwd, 'README.md'), 'mine');
    const words = ['.', '--name', 'hall', '--force', '--no-install', '--no-git'];
    expect((await running(words, undefined, cwd)).code).toBe(0);
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(cwd, 'README.md'), 'utf8')).toContain('# hall');
  });

  it('may not be a file', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'hall'), '');
    const { code, stderr } = await running(['hall'], undefined, cwd);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'topicwise new: hall is a file. Choose the name of a new folder.\n',
    });
  });

  it('has to be one that can be written into', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'hall'));
    writeFileSync(join(cwd, 'hall', 'src'), '');
    expect(await running(['hall', '--force'], undefined, cwd)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^topicwise new: src\/\S+ can't be written: E[A-Z]+: .+\. .+\n$/),
    });
  });
});

describe('in a terminal', () => {
  it('asks for what no option says', async () => {
    const { code, cwd, host, stdout } = await running([], ['hall', '', 'n', 'yes']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Folder\? \(my-app\) \n {2}1 {2}minimal .*\nTemplate\? \(1\) \nInstall with npm\? \(Y\/n\) \nMake a git repository of it\? \(Y\/n\) \nhall has /s,
    );
    expect(host.ran).toEqual([{ folder: join(cwd, 'hall'), line: 'git init --quiet' }]);
  });

  it('asks again where the answer is none', async () => {
    const { code, stdout } = await running(['hall', '--no-git'], ['nothing', '0', 'minimal', 'maybe', 'n']);
    expect(code).toBe(0);
    expect(stdout.match(/Answer a number from 1 to \d+, or a name\./g)).toHaveLength(2);
    expect(stdout.match(/Answer y or n\./g)).toHaveLength(1);
  });

  it('asks nothing where options say everything, or with --yes', async () => {
    const all = ['hall', '--template', 'minimal', '--install', '--git'];
    for (const words of [all, ['hall', '--yes']]) {
      const { code, cwd, host } = await running(words, []);
      const folder = join(cwd, 'hall');
      expect({ code, ran: host.ran }).toEqual({
        code: 0,
        ran: [
          { folder, line: 'git init --quiet' },
          { folder, line: 'npm install' },
        ],
      });
    }
  });

  it('writes nothing where the input ends instead of an answer', async () => {
    const { code, cwd, stderr } = await running(['hall'], ['minimal']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'topicwise new: The question was not answered: nothing was written. Every question has an option.\n',
    });
    expect(existsSync(join(cwd, 'hall'))).toBe(false);
  });
});

describe('what it runs', () => {
  async function outcome(codes: readonly (number | undefined)[], words: readonly string[]) {
    const host = new RecordingHost(temporaryFolder());
    host.codes.push(...codes);
    const code = await topicwise(['new', 'hall', ...words], host);
    return { code, stderr: host.stderr.text };
  }

  it.each<[what: string, codes: (number | undefined)[], words: string[], code: number, stderr: string]>([
    [
      'no git, which nobody asked for',
      [undefined, 0],
      [],
      0,
      'git is not installed: the application is whole, but no repository. Leave it out with --no-git.',
    ],
    [
      'no git, which was asked for',
      [undefined],
      ['--git'],
      1,
      'git is not installed: the application is whole, but no repository. Leave it out with --no-git.',
    ],
    [
      'a git that fails',
      [128],
      ['--git'],
      1,
      "'git init' ended with 128: the application is whole, but no repository. Leave it out with --no-git.",
    ],
    [
      'no package manager',
      [undefined],
      ['--no-git', '--pm', 'bun'],
      1,
      "bun is not installed: the application is whole, but not what it depends on. Install bun, then run 'bun install' in hall.",
    ],
    [
      'an install that fails',
      [1],
      ['--no-git'],
      1,
      "'npm install' ended with 1: the application is whole, but not what it depends on. Mend what it says above, then run it again in hall.",
    ],
  ])('may be %s', async (_what, codes, words, code, sentence) => {
    expect(await outcome(codes, words)).toEqual({ code, stderr: `topicwise new: ${sentence}\n` });
  });

  it('makes no repository inside of one', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, '.git'));
    const { host } = await running(['hall', '--no-install'], undefined, cwd);
    expect(host.ran).toEqual([]);
  });
});

it.each([
  ['pnpm', 'RUN npm install --global pnpm && pnpm install --frozen-lockfile\n', 'pnpm-lock.yaml'],
  ['yarn', 'RUN npm install --global --force yarn@1 && yarn install --frozen-lockfile\n', 'yarn.lock'],
  ['bun', 'RUN npm install --global bun && bun install --frozen-lockfile\n', 'bun.lock'],
])('writes README, Dockerfile and CI workflow for %s', async (manager, install, lockfile) => {
  const { cwd } = await running(['hall', '--pm', manager, '--no-install', '--no-git']);
  const read = (file: string) => readFileSync(join(cwd, 'hall', file), 'utf8');
  expect(read('README.md')).toContain(`${manager} run test\n${manager} run dev\n`);
  expect(read('README.md')).not.toMatch(/\bnpm\b/);
  expect(read('Dockerfile')).toContain(install);
  expect(read('Dockerfile')).toContain(`COPY package.json ${lockfile} ./`);
  expect(read('.github/workflows/ci.yml')).toContain(`- run: ${manager} run test\n`);
});
