// Which test shows which statement of MQTT 5: writes docs/conformance.md from the tests.
// A test names a statement as [MQTT-x.y.z-n] in its title, or in a comment right above it (or above its row of a table).
// Usage: node scripts/conformance.mjs [--check] [folder that holds test/]: with --check nothing is written, and it fails if a
// statement has neither test nor reason, if a test names an unknown statement, or if the document is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const check = process.argv.includes('--check');
const root = resolve(process.argv.slice(2).find((argument) => argument !== '--check') ?? '.');
const data = (name) => linesOf(join(root, 'test/conformance', name));
const notes = data('notes.txt');
const output = join(root, 'docs/conformance.md');

const tests = namedInTests();
// A test of the broker says nothing about the client, and the other way round.
const sides = [
  {
    who: 'client',
    statements: data('client.txt'),
    untestable: data('client-untestable.txt'),
    tests: byStatement(({ file }) => !/^test\/(broker|testing)\//.test(file)),
  },
  {
    who: 'server',
    statements: data('server.txt'),
    untestable: data('server-untestable.txt'),
    tests: byStatement(
      ({ file }) => /^test\/(broker|testing)\//.test(file) || file === 'test/conformance/packets.test.ts',
    ),
  },
];
const known = new Set(sides.flatMap(({ statements }) => [...statements.keys()]));
const findings = [
  ...tests.flatMap(({ number, file, title }) =>
    known.has(number) ? [] : `${file}: "${title}" names ${number}, which is no statement.`,
  ),
  ...abbreviations(),
  ...[...notes.keys()].flatMap((number) =>
    known.has(number) ? [] : `test/conformance/notes.txt is about ${number}, which is no statement.`,
  ),
  ...sides.flatMap(findingsOf),
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

function findingsOf({ who, statements, untestable, tests }) {
  return [
    ...[...statements].flatMap(([number, text]) =>
      tests.has(number) || untestable.has(number)
        ? []
        : `${number} binds a ${who} and no test names it: ${text}`,
    ),
    ...[...untestable.keys()].flatMap((number) => {
      if (!statements.has(number))
        return `${number} is said to be untestable, and is no statement that binds a ${who}.`;
      return tests.has(number) ? `${number} is said to be untestable, and a test names it.` : [];
    }),
  ];
}

/** Every naming of a statement by a test, in the order of files. */
function namedInTests() {
  return testFiles().flatMap((path) =>
    namedIn(readFileSync(path, 'utf8')).flatMap(({ numbers, title }) =>
      numbers.map((number) => ({ number, file: relative(root, path).split(sep).join('/'), title })),
    ),
  );
}

/** Number -> the tests that name it. */
function byStatement(counts) {
  const found = new Map();
  for (const { number, file, title } of tests.filter(counts)) {
    const places = found.get(number) ?? [];
    if (!places.some((place) => place.file === file && place.title === title)) places.push({ file, title });
    found.set(number, places);
  }
  return found;
}

/** Two statements in one pair of brackets: the second would not be found. */
function abbreviations() {
  return testFiles().flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\[MQTT-\d[\d.]*-\d+[^\]\d][^\]]*\]/g)].map(
      ([text]) => `${relative(root, path)}: write ${text} with each statement in brackets of its own.`,
    ),
  );
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
      if (title && isTitle(lines[index - 1] ?? '', line)) found.push({ numbers, title });
    }
  }
  return found;
}

/** The call of a test, also behind the table of its `each`, the name of a row, or the beginning of a row that is a list; broken after its opening or not. */
function isTitle(before, line) {
  return (
    /\b(?:it|test|describe|scenario|once)(?:\.\w+)*\(|\](?: as const)?\)\(|\bname:/.test(before + line) ||
    /^\s*\[\s*['"`]/.test(before.trim() === '[' ? before + line : line)
  );
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
  return `# The statements of MQTT 5 and the tests that show them

Generated from the tests by \`npm run docs:conformance\`; don't edit. The numbers are those of the OASIS standard, the words are ours. A test
names a statement in its title or in the comment right above it; a test of this repository fails if a statement has none. What is shown for
a server in \`broker/behaviours/\` is shown on mosquitto, too, and what MQTT 3.1.1 has of it on aedes: those files say where these differ.

${sides.map(chapter).join('\n')}`;
}

function chapter({ who, statements, untestable, tests }) {
  const tested = [...statements.keys()].filter((number) => tests.has(number)).length;
  const rows = [...statements].map(([number, text]) => {
    const places = (tests.get(number) ?? []).map(
      ({ file, title }) => `\`${file.replace(/^test\//, '')}\`: ${title}`,
    );
    const reason = untestable.has(number) ? [`not tested: ${untestable.get(number)}`] : [];
    const note = who === 'client' && notes.has(number) ? [notes.get(number)] : [];
    return `| ${number} | ${cell(text)} | ${cell([...places, ...reason, ...note].join('<br>') || 'open')} |`;
  });
  return `## What binds a ${who}

${statements.size} statements: ${tested} with a test, ${untestable.size} that cannot be tested.

| Statement | What it says | Where it is shown |
| --- | --- | --- |
${rows.join('\n')}
`;
}

function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<br>', '\0')
    .replaceAll('<', '&lt;')
    .replaceAll('\0', '<br>');
}
