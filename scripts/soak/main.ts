// npm run soak [-- [--scale 0.1] [area ...]]: tries the client for long, prints what was counted, exits with 1 if a promise was broken.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { areas } from './areas.js';

const { values, positionals } = parseArgs({
  options: { scale: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const scale = Number(values.scale);
if (!(scale > 0)) refuse(`--scale must be a number above 0, not '${values.scale}'.`);
const unknown = positionals.find((name) => !Object.hasOwn(areas, name));
if (unknown !== undefined) {
  refuse(`there is no area '${unknown}'. The areas are ${Object.keys(areas).join(', ')}.`);
}

// A process that is ended lets its children go too: they listen to its exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

let violations = 0;
for (const [name, load] of Object.entries(areas)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}`);
  const startedAt = performance.now();
  try {
    for (const { name, value, violation } of await (await load()).run(scale)) {
      const shown = typeof value === 'number' ? value.toLocaleString('en') : value;
      console.log(
        `  ${name.padEnd(64)} ${shown.padStart(14)}${violation ? `  VIOLATION: ${violation}` : ''}`,
      );
      if (violation) violations++;
    }
  } catch (error) {
    violations++;
    console.log(`  VIOLATION: ${error instanceof Error ? error.stack : String(error)}`);
  }
  console.log(
    `  ${'seconds'.padEnd(64)} ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(14)}`,
  );
}
console.log(violations === 0 ? '\nsoak: nothing was broken' : `\nsoak: ${violations} violations`);
process.exit(violations === 0 ? 0 : 1);

function refuse(sentence: string): never {
  console.error(`soak: ${sentence}`);
  process.exit(2);
}
