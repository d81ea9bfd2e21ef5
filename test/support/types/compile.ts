// Runs the compiler on one file of mistakes and compares its errors with the marks in the file.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc');

export interface Compiled {
  /** The text of all errors on a line, by line from 1, for the file that was asked for. */
  readonly errors: ReadonlyMap<number, string>;
  /** Errors in any other file: there should be none. */
  readonly elsewhere: readonly string[];
  /** The compiler's own count of type instantiations: exact and repeatable, unlike its time. */
  readonly instantiations: number;
}

/** Type-checks one file (a path from the project's root) with the project's options, or with others on top of them. */
export function compile(file: string, compilerOptions: object = {}): Promise<Compiled> {
  return inProject(async (folder) => {
    const project = join(folder, 'tsconfig.json');
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions,
      files: [join(root, file)],
      include: [],
      exclude: [],
    };
    await writeFile(project, JSON.stringify(config));
    return parse(await run([tsc, '-p', project, '--pretty', 'false', '--extendedDiagnostics']), file);
  });
}

/** The same for a text; it imports the project's sources from `../../src/`. */
export function compileSource(source: string): Promise<Compiled> {
  return inProject(async (folder) => {
    const file = join(folder, 'source.ts');
    await writeFile(file, source);
    return compile(relative(root, file));
  });
}

/** A temporary folder inside the project, so that what lies there resolves packages and `paths` as any other file does. */
async function inProject<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(root, 'node_modules', '.compile-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * What is wrong with a file of mistakes, each as a line of text; empty when it is as marked. A line that ends in `// error` must have
 * an error, one that ends in `// error: <text>` must have an error that contains the text, and every other line must have none.
 */
export async function checkMistakes(file: string): Promise<string[]> {
  const [{ errors, elsewhere }, source] = await Promise.all([
    compile(file),
    readFile(join(root, file), 'utf8'),
  ]);
  const wrong = elsewhere.map((error) => `elsewhere: ${error}`);
  source.split('\n').forEach((text, index) => {
    const line = index + 1;
    const mark = /\/\/ error(?:: (.*))?$/.exec(text);
    const error = errors.get(line);
    if (mark === null && error !== undefined) wrong.push(`line ${line} is not marked, but: ${error}`);
    else if (mark !== null && error === undefined) wrong.push(`line ${line} compiles: ${text.trim()}`);
    else if (mark?.[1] !== undefined && !error?.includes(mark[1])) wrong.push(`line ${line} says: ${error}`);
  });
  return wrong;
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      // Type errors are what we came for: the compiler then ends with 1 or 2, but it does end its report.
      if (stdout.includes('Instantiations:')) resolve(stdout);
      else reject(new Error(`tsc made no report: ${stdout}${stderr}`, { cause: error }));
    });
  });
}

function parse(report: string, file: string): Compiled {
  const errors = new Map<number, string>();
  const elsewhere: string[] = [];
  let line: number | undefined;
  for (const text of report.split('\n')) {
    const head = /^(.+?)\((\d+),\d+\): error TS\d+: (.*)$/.exec(text);
    if (head !== null) {
      const [, path = '', number, message] = head;
      line = path.endsWith(file) ? Number(number) : undefined;
      if (line === undefined) elsewhere.push(text);
      else errors.set(line, [errors.get(line), unquoted(message ?? '')].filter(Boolean).join('\n'));
    } else if (/^error TS\d+/.test(text)) elsewhere.push(text);
    else if (line !== undefined && text.startsWith('  '))
      errors.set(line, `${errors.get(line)}\n${unquoted(text)}`);
    else line = undefined;
  }
  return { errors, elsewhere, instantiations: Number(/Instantiations:\s+(\d+)/.exec(report)?.[1]) };
}

/** The compiler prints a sentence as a string literal: with its quotes escaped. */
function unquoted(text: string): string {
  return text.replaceAll('\\"', '"');
}
