import { paint } from './colours.js';
import { type Command, type CommandGroup, Failure, Misunderstanding } from './command.js';
import { helpOfCommand, helpOfGroup } from './help.js';
import type { Host } from './host.js';
import { notUnderstood, readWords } from './read-words.js';

/** Runs a command with the words behind its name, and resolves with the exit code. `path` is how it is called: `topicwise broker`. */
export async function runCommand(
  path: string,
  command: Command,
  words: readonly string[],
  host: Host,
): Promise<number> {
  return await told(path, host, async () => {
    const given = readWords(command, words);
    if (given !== 'help') return await command.run(given, host);
    host.stdout.write(helpOfCommand(path, command));
    return 0;
  });
}

/** Runs the command of a group that the first word names; `otherwise` may understand the words that name none. */
export async function runGroup(
  path: string,
  group: CommandGroup,
  words: readonly string[],
  host: Host,
  own: { readonly options: readonly (readonly [string, string])[]; run(word: string): boolean } = {
    options: [],
    run: () => false,
  },
): Promise<number> {
  return await told(path, host, async () => {
    const [word, ...rest] = words;
    const help = () => helpOfGroup(path, group, own.options);
    if (word === undefined) {
      host.stderr.write(help());
      return 2;
    }
    const command = group.commands.find(({ name }) => name === word);
    if (command) return await run(`${path} ${word}`, command, rest, host);
    if (word.startsWith('-') && rest.length > 0) throw notUnderstood(rest[0]!, []);
    if (word === '-h' || word === '--help') {
      host.stdout.write(help());
      return 0;
    }
    if (own.run(word)) return 0;
    const long = own.options.flatMap(([spelling]) =>
      spelling.split(', ').filter((each) => each.startsWith('--')),
    );
    throw notUnderstood(word, [...group.commands.map(({ name }) => name), '--help', ...long]);
  });
}

function run(path: string, command: Command | CommandGroup, words: readonly string[], host: Host) {
  return 'commands' in command
    ? runGroup(path, command, words, host)
    : runCommand(path, command, words, host);
}

/** Prints what a command throws as a sentence; anything else is a mistake of this program, whose stack is wanted. */
export async function told(path: string, host: Host, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    const name = paint(host.stderr, 'red', `${path}:`);
    if (error instanceof Misunderstanding) {
      host.stderr.write(`${name} ${error.message} See '${path} --help'.\n`);
      return 2;
    }
    if (!(error instanceof Failure)) throw error;
    host.stderr.write(`${name} ${error.message}\n`);
    return 1;
  }
}
