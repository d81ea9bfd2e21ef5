// Refuses every import in src/ that goes against the table of layers, and every read of the machine's time or
// chance outside time/. Usage: node scripts/check-layers.mjs [folder that holds src/]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';

const all = [
  'time',
  'topics',
  'packets',
  'session',
  'transports',
  'stores',
  'client',
  'contracts',
  'asyncapi',
  'app',
  'broker',
  'testing',
];

/** Folder of src/ -> the folders it may import, and what it may take from outside (`node:*` is all of Node). */
const layers = {
  time: { may: [], outside: [] },
  topics: { may: [], outside: [] },
  packets: {
    may: ['topics'],
    outside: ['mqtt-packet', 'mqtt-packet/numbers.js', 'node:buffer', 'node:module'],
  },
  session: { may: ['packets', 'topics'], outside: [] },
  transports: { may: ['time'], outside: ['node:*', 'ws'] },
  stores: { may: ['session', 'packets', 'topics'], outside: ['node:*', 'classic-level'] },
  client: { may: ['time', 'topics', 'packets', 'session', 'transports', 'stores'], outside: ['node:*'] },
  contracts: { may: ['topics'], outside: ['@standard-schema/spec'] },
  asyncapi: { may: ['contracts', 'topics'], outside: ['@standard-schema/spec'] },
  app: {
    may: ['time', 'topics', 'packets', 'session', 'transports', 'stores', 'client', 'contracts', 'asyncapi'],
    outside: ['node:*', 'tsyringe', 'reflect-metadata', '@standard-schema/spec', '@opentelemetry/api'],
  },
  broker: { may: ['time', 'topics', 'packets', 'transports'], outside: ['node:*', 'ws'] },
  testing: { may: all, outside: ['node:*', 'tsyringe', 'vitest'] },
  cli: { may: all.filter((layer) => layer !== 'testing'), outside: ['node:*'] },
  // Entry points of what an application may add: they re-export.
  'opentelemetry.ts': { may: ['app'], outside: ['@opentelemetry/api'] },
  'current-message.ts': { may: ['app'], outside: [] },
  // The entry point of the framework: it re-exports.
  'index.ts': {
    may: ['app', 'asyncapi', 'contracts', 'topics', 'client', 'time'],
    outside: ['reflect-metadata', 'tsyringe'],
  },
};

const readsOfTheMachine =
  /\b(?:Date\.now|Math\.random|performance\.now|process\.hrtime|setTimeout|setInterval)\b|\bnew Date\(\)|\bAbortSignal\.timeout\b/g;
const specifiers =
  /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*)(['"])(?<specifier>[^'"\n]+)\1/g;

const root = resolve(process.argv[2] ?? '.');
const source = join(root, 'src');
const findings = [];

for (const file of typescriptFiles(source)) {
  const path = relative(source, file).split(sep).join('/');
  const layer = path.split('/')[0];
  const rules = layers[layer];
  if (!rules) {
    findings.push(
      `src/${path}: '${layer}' is not in the table of layers; add it to the table or move the file.`,
    );
    continue;
  }
  const text = withoutComments(readFileSync(file, 'utf8'));
  const lineOf = (index) => text.slice(0, index).split('\n').length;
  for (const match of text.matchAll(specifiers)) {
    const refusal = refuse(match.groups.specifier, path, layer, rules);
    if (refusal) findings.push(`src/${path}:${lineOf(match.index)}: ${refusal}`);
  }
  if (layer === 'time') continue;
  for (const match of text.matchAll(readsOfTheMachine)) {
    findings.push(
      `src/${path}:${lineOf(match.index)}: ${match[0]} reads the machine's time or chance; take a Clock or a Random from the caller, only time/ may do this.`,
    );
  }
}

if (findings.length > 0) {
  console.error(findings.join('\n'));
  console.error(
    `${findings.length} import${findings.length === 1 ? '' : 's'} or reads against the table of layers.`,
  );
  process.exit(1);
}
console.log('layers: every import follows the table');

function typescriptFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function refuse(specifier, path, layer, { may, outside }) {
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(dirname(path), specifier));
    if (target.startsWith('..')) return `'${specifier}' leaves src/.`;
    const other = target.split('/')[0];
    if (other === layer || may.includes(other)) return undefined;
    return `${layer}/ may not import ${other}/ ('${specifier}'); it may import ${may.join(', ') || 'nothing'}.`;
  }
  const allowed = outside.some((name) =>
    name === 'node:*' ? specifier.startsWith('node:') : specifier === name,
  );
  if (allowed) return undefined;
  return `${layer}/ may not import '${specifier}'; from outside it may take ${outside.join(', ') || 'nothing'}.`;
}

/** Blanks comments, keeping the lines, so that prose about an import is no import. */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  );
}
