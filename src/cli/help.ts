import { type Command, type CommandGroup, type Option, takesValue } from './command.js';

/** The exit codes of every command, as the help of `topicwise` tells them. */
export const EXIT_CODES = 'Exit codes: 0 done, 1 failed, 2 not understood.';

type Row = readonly [spelling: string, summary: string];

export function helpOfCommand(path: string, command: Command): string {
  const { summary, purpose = summary, operands, options, notes, example } = command;
  const words = Object.entries(operands).map(([name, { optional }]) =>
    optional ? `[${name}]` : `<${name}>`,
  );
  const usage = ['Usage:', path, ...words, '[option ...]'].join(' ');
  const rows: Row[] = [...Object.entries(options).map(rowOf), ['-h, --help', 'print this help']];
  return paragraphs([
    `${path}: ${purpose}`,
    usage,
    operandList(operands),
    list('Options', rows),
    notes,
    `Example: ${example}`,
  ]);
}

export function helpOfGroup(path: string, group: CommandGroup, ownOptions: readonly Row[] = []): string {
  const { summary, purpose = summary, commands, notes, example } = group;
  const usage = [`Usage: ${path} <command> [option ...]`];
  if (ownOptions.length > 0) usage.push(`       ${path} <option>`);
  return paragraphs([
    `${path}: ${purpose}`,
    usage.join('\n'),
    list(
      'Commands',
      commands.map(({ name, summary }) => [name, summary]),
    ),
    list('Options', [['-h, --help', "print this help; behind a command, the command's"], ...ownOptions]),
    notes,
    `Example: ${example}`,
  ]);
}

function operandList(operands: Command['operands']): string | undefined {
  const rows = Object.entries(operands).map(([name, { takes }]): Row => [name, takes]);
  return rows.length > 0 ? list('Words', rows) : undefined;
}

function rowOf([name, option]: readonly [string, Option]): Row {
  if (option.kind === 'toggle') return [`--[no-]${name}`, option.summary];
  const short = option.short === undefined ? '' : `-${option.short}, `;
  const shown = takesValue(option) ? ` ${option.shown}` : '';
  const repeated = option.kind === 'values' ? ' (again for another)' : '';
  return [`${short}--${name}${shown}`, `${option.summary}${repeated}`];
}

function list(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([spelling]) => spelling.length));
  return [`${title}:`, ...rows.map(([spelling, text]) => `  ${spelling.padEnd(width)}  ${text}`)].join('\n');
}

function paragraphs(parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}
