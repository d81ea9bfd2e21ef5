import { expect, it } from 'vitest';
import { type CommandGroup, defineCommand, Failure, flag } from '../../src/cli/command.js';
import { runGroup } from '../../src/cli/run-command.js';
import type { ChildSettings } from '../../src/cli/running/child-messages.js';
import { RecordingHost } from '../support/cli/recording-host.js';

const wash = defineCommand({
  name: 'wash',
  summary: 'wash socks',
  operands: { drawer: { takes: 'the name of a drawer' } },
  options: { hot: flag('at 60 degrees') },
  notes: 'It takes an hour.',
  example: 'laundry socks wash hall --hot',
  async run({ drawer, hot }, { stdout }) {
    if (hot) throw new Failure(`Wool shrinks at 60 degrees. Wash ${drawer} without --hot.`);
    stdout.write(`washed ${drawer}\n`);
    return 0;
  },
});
const fail = defineCommand({
  name: 'fail',
  summary: 'be a mistake of the program',
  example: 'laundry fail',
  run: () => Promise.reject(new TypeError('a mistake')),
});
const socks: CommandGroup = {
  name: 'socks',
  summary: 'what is done with socks',
  commands: [wash],
  example: 'laundry socks wash hall',
};
const laundry: CommandGroup = {
  name: 'laundry',
  summary: 'a laundry',
  commands: [socks, fail],
  example: 'laundry socks wash hall',
};

async function running(...words: string[]) {
  const host = new RecordingHost();
  const code = await runGroup('laundry', laundry, words, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

it('runs the command that the words name, in a group within the group', async () => {
  expect(await running('socks', 'wash', 'hall')).toEqual({ code: 0, stdout: 'washed hall\n', stderr: '' });
});

it('ends with 1 and the sentence of a failure', async () => {
  expect(await running('socks', 'wash', 'hall', '--hot')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'laundry socks wash: Wool shrinks at 60 degrees. Wash hall without --hot.\n',
  });
});

it('leaves a mistake of the program its stack', async () => {
  await expect(running('fail')).rejects.toThrow(new TypeError('a mistake'));
});

it.each<[words: string[], stderr: string]>([
  [['sokcs'], "laundry: 'sokcs' is not understood. Did you mean 'socks'? See 'laundry --help'.\n"],
  [
    ['socks', 'wahs'],
    "laundry socks: 'wahs' is not understood. Did you mean 'wash'? See 'laundry socks --help'.\n",
  ],
  [['iron'], "laundry: 'iron' is not understood. See 'laundry --help'.\n"],
  [['--hepl'], "laundry: '--hepl' is not understood. Did you mean '--help'? See 'laundry --help'.\n"],
  [
    ['socks', 'wash'],
    "laundry socks wash: <drawer> is missing: it takes the name of a drawer. See 'laundry socks wash --help'.\n",
  ],
])('ends with 2 and a sentence on %j', async (words, stderr) => {
  expect(await running(...words)).toEqual({ code: 2, stdout: '', stderr });
});

it('prints the help of a group on stderr where no command is named', async () => {
  const { code, stdout, stderr } = await running('socks');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe((await running('socks', '--help')).stdout);
});

it('explains a group, and a command', async () => {
  expect((await running('socks', '-h')).stdout).toBe(`laundry socks: what is done with socks

Usage: laundry socks <command> [option ...]

Commands:
  wash  wash socks

Options:
  -h, --help  print this help; behind a command, the command's

Example: laundry socks wash hall
`);
  expect((await running('socks', 'wash', '--help')).stdout).toBe(`laundry socks wash: wash socks

Usage: laundry socks wash <drawer> [option ...]

Words:
  drawer  the name of a drawer

Options:
  --hot       at 60 degrees
  -h, --help  print this help

It takes an hour.

Example: laundry socks wash hall --hot
`);
});

it('paints the name of what failed where stderr shows colours', async () => {
  const host = new RecordingHost();
  const stderr = { colours: true, write: (text: string) => host.stderr.write(text) };
  await runGroup('laundry', laundry, ['iron'], { ...hostParts(host), stderr });
  expect(host.stderr.text).toBe(
    "\u001b[31mlaundry:\u001b[39m 'iron' is not understood. See 'laundry --help'.\n",
  );
});

/** A host whose members can be replaced. */
function hostParts(host: RecordingHost) {
  return {
    stdout: host.stdout,
    cwd: host.cwd,
    input: () => host.input(),
    env: host.env,
    isInteractive: host.isInteractive,
    ask: (question: string) => host.ask(question),
    run: (program: string, words: readonly string[], folder: string) => host.run(program, words, folder),
    onSignal: (callback: (signal: NodeJS.Signals) => void) => host.onSignal(callback),
    fork: (settings: ChildSettings) => host.fork(settings),
    exit: (code: number) => host.exit(code),
  };
}
