import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importCircle } from '../../app/injection/import-circle.js';
import { Failure } from '../command.js';

interface Place {
  /** As the user named the file. */
  readonly shown: string;
  readonly cwd: string;
}

/** The sentence for a module that could not be loaded. */
export async function loadFailure(error: unknown, file: string, place: Place): Promise<Failure> {
  const { shown, cwd } = place;
  if (error instanceof Failure) return error;
  const told = (sentence: string) => new Failure(sentence, { cause: error });
  if (!(error instanceof Error)) return told(`${shown} could not be loaded: it throws ${String(error)}.`);
  const message = error.message.trim();
  if (/experimental ?decorators|decorators are not valid/i.test(message)) return told(decoratorsOff(shown));
  if (/before initialization/.test(message)) {
    const circle = await importCircle(file);
    if (circle) {
      return told(
        `${shown} could not be loaded: ${message}. Its modules import each other: ${circle.join(' -> ')}. Turn emitDecoratorMetadata off and write @Inject(() => TheClass), which reads the class once all are loaded.`,
      );
    }
  }
  const syntax = /^(.+):(\d+):(\d+): ERROR: (.+)$/m.exec(message);
  if (syntax) {
    const [, path = '', line, column, text] = syntax;
    return told(`${shown} could not be compiled: ${shortened(path, cwd)}:${line}:${column}: ${text}`);
  }
  const name = error.name === 'Error' ? '' : `${error.name}: `;
  const where = placeOf(error, cwd);
  return told(
    `${shown} could not be loaded: ${name}${ended(message || 'an error without a message')}${where === undefined ? '' : ` It was thrown at ${where}.`}${hintFor(error)}`,
  );
}

function decoratorsOff(shown: string): string {
  return `${shown} could not be compiled: its decorators are not switched on. Write "experimentalDecorators": true into the tsconfig.json that covers the file, and see that its "include" names the folder.`;
}

function hintFor(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [];
  if (code === 'ERR_MODULE_NOT_FOUND' && name !== undefined) return ` Install it with 'npm install ${name}'.`;
  return '';
}

/** Where in the user's files an error began. */
function placeOf({ stack = '' }: Error, cwd: string): string | undefined {
  const [, syntaxFile, syntaxLine] = /^(file:\S+|\/\S+):(\d+)\n/.exec(stack) ?? [];
  if (syntaxFile !== undefined) return `${shortened(syntaxFile, cwd)}:${syntaxLine}`;
  for (const [, file = '', line] of stack.matchAll(
    /^\s+at (?:.* \()?((?:file:\/\/)?[^\s(][^(]*?):(\d+):\d+\)?$/gm,
  )) {
    if (!/^node:|[\\/]node_modules[\\/]/.test(file)) return `${shortened(file, cwd)}:${line}`;
  }
  return undefined;
}

function shortened(file: string, cwd: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const here = relative(cwd, path);
  return here.startsWith('..') ? path : here;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
