// Which test shows which statement of MQTT 5: writes docs/conformance.md from the tests.
// A test names a statement as [MQTT-x.y.z-n] in its title, or in a comment right above it (or above its row of a table).
// Usage: node scripts/conformance.mjs [--check] [folder that holds test/]: with --check nothing is written, and it fails if a client
// statement has neither test nor reason, if a test names an unknown statement, or if the document is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const check = process.argv.includes('--check');
const root = resolve(process.argv.slice(2).find((argument) => argument !== '--check') ?? '.');
const data = (name) => linesOf(join(root, 'test/conformance', name));
const clientStatements = data('client.txt');
const serverStatements = data('server.txt');
const untestable = data('untestable.txt');
const notes = data('notes.txt');
const output = join(root, 'docs/conformance.md');

// A test of the broker says nothing about the client, and the other way round.
const tests = testsByStatement();
const clientTests = testsByStatement((file) => !/^test\/(broker|testing)\//.test(file));
const serverTests = testsByStatement(
  (file) => !/^test\/(client|session|stores)\//.test(file) && file !== 'test/conformance/client.test.ts',
);
const known = new Set([...clientStatements.keys(), ...serverStatements.keys()]);
const findings = [
  ...[...tests].flatMap(([number, places]) =>
    known.has(number)
      ? []
      : places.map(({ file, title }) => `${file}: "${title}" names ${number}, which is no statement.`),
  ),
  ...[...untestable.keys(), ...notes.keys()].flatMap((number) =>
    known.has(number) ? [] : `test/conformance says something about ${number}, which is no statement.`,
  ),
  ...[...clientStatements.keys()].flatMap((number) =>
    clientTests.has(number) || untestable.has(number)
      ? []
      : `${number} binds a client and no test names it: ${clientStatements.get(number)}`,
  ),
  ...[...untestable.keys()].flatMap((number) =>
    clientTests.has(number) ? `${number} is said to be untestable, and a test names it.` : [],
  ),
];
const page = pageOf();
if (check && (!existsSync(output) || readFileSync(output, 'utf8') !== page)) {
  findings.push('docs/conformance.md is stale: npm run docs:conformance');
}
if (!check) writeFileSync(output, page);
for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;

/** Number -> text. */
function linesOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

/** Number -> the tests that name it, in the order of files. */
function testsByStatement(counts = () => true) {
  const found = new Map();
  for (const path of testFiles()) {
    const file = relative(root, path).split(sep).join('/');
    if (!counts(file)) continue;
    for (const { numbers, title } of namedIn(readFileSync(path, 'utf8'))) {
      for (const number of numbers) {
        const places = found.get(number) ?? [];
        if (!places.some((place) => place.file === file && place.title === title))
          places.push({ file, title });
        found.set(number, places);
      }
    }
  }
  return found;
}

function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function namedIn(text) {
  const found = [];
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const numbers = [...line.matchAll(/\[(MQTT-\d[\d.]*-\d+)\]/g)].map(([, number]) => number);
    if (numbers.length === 0) continue;
    if (/^\s*\/\/ \[MQTT-/.test(line)) {
      const title = titleOf(lines.slice(index + 1).filter((next) => !/^\s*\/\//.test(next)));
      if (title) found.push({ numbers, title });
    } else {
      const title = stringsOf(line).find((string) => string.includes(`[${numbers[0]}]`));
      const isTitle = /\b(?:it|test|describe|scenario|once)(?:\.\w+)*\(/.test(
        `${lines[index - 1] ?? ''}${line}`,
      );
      if (title && isTitle) found.push({ numbers, title });
    }
  }
  return found;
}

/** The first string of the code that follows: the title of a test, or the name of a row; of `it.each` the one behind its table. */
function titleOf(lines) {
  const isTable = /\.each\(/.test(lines[0] ?? '') && !/\)\(\s*['"`]/.test(lines[0]);
  const start = isTable ? lines.findIndex((line) => /^\s*\](?: as const)?\)\(/.test(line)) : 0;
  for (const line of lines.slice(start, start + 7)) {
    const [title] = stringsOf(line);
    if (title) return title;
  }
  return undefined;
}

function stringsOf(line) {
  return [...line.matchAll(/(['"`])((?:\\.|(?!\1).)+)\1/g)].map(([, , string]) =>
    string.replace(/\\(.)/g, '$1'),
  );
}

function pageOf() {
  const tested = [...clientStatements.keys()].filter((number) => clientTests.has(number)).length;
  const serverTested = [...serverStatements.keys()].filter((number) => serverTests.has(number)).length;
  return `# The statements of MQTT 5 and the tests that show them

Generated from the tests by \`npm run docs:conformance\`; don't edit. The numbers are those of the OASIS standard, the words are ours. A test
names a statement in its title or in the comment right above it; a test of this repository fails if a statement that binds a client has none.

## What binds a client

${clientStatements.size} statements: ${tested} with a test, ${untestable.size} that cannot be tested.

${table(clientStatements, clientTests)}
## What binds a server

${serverStatements.size} statements: ${serverTested} with a test, ${serverStatements.size - serverTested} open.

${table(serverStatements, serverTests)}`;
}

function table(statements, evidenceOf) {
  const rows = [...statements].map(
    ([number, text]) => `| ${number} | ${cell(text)} | ${cell(evidence(number, evidenceOf))} |`,
  );
  return `| Statement | What it says | Where it is shown |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function evidence(number, evidenceOf) {
  const places = (evidenceOf.get(number) ?? []).map(
    ({ file, title }) => `\`${file.replace(/^test\//, '')}\`: ${title}`,
  );
  const isClient = evidenceOf === clientTests;
  const reason = isClient && untestable.has(number) ? [`not tested: ${untestable.get(number)}`] : [];
  const note = isClient && notes.has(number) ? [notes.get(number)] : [];
  return [...places, ...reason, ...note].join('<br>') || 'open';
}

function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<br>', '\0')
    .replaceAll('<', '&lt;')
    .replaceAll('\0', '<br>');
}
