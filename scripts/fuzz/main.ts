// npm run fuzz [-- --sequences 100000 --seed 7 --path 1:2:3]: plays random sequences of packets and bytes from up to five clients on the
// broker and says what they reached; a failing one is printed with seed and path, which play it again, and the exit code is 1.
import process from 'node:process';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { playSequence, type Tally } from '../../test/support/broker/play-sequence.js';
import { policy } from '../../test/support/broker/random-policies.js';
import { sequence } from '../../test/support/broker/random-steps.js';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '100000' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const runs = wholeNumber('--sequences', values.sequences);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber('--seed', values.seed);

const tally: Tally = { steps: 0, connections: 0, answers: new Map() };
let played = 0;
let mostMemory = 0;
const result = await fc.check(
  fc.asyncProperty(policy, sequence, async (policy, steps) => {
    await playSequence(policy, steps, tally);
    played += 1;
    if (played % 1_000 === 0) mostMemory = Math.max(mostMemory, process.memoryUsage().rss);
    if (played % 10_000 === 0) console.error(`fuzz: ${played.toLocaleString('en')} sequences`);
  }),
  { numRuns: runs, seed, ...(values.path !== undefined && { path: values.path }) },
);

const { user, system } = process.cpuUsage();
const rows: [string, number][] = [
  ['seed', seed],
  ['sequences', played],
  ['connections', tally.connections],
  ['steps', tally.steps],
  ...[...tally.answers].sort(([one], [other]) => (one < other ? -1 : 1)),
  ['seconds of CPU', Math.round((user + system) / 1e6)],
  ['MiB of memory at most', Math.round(mostMemory / 2 ** 20)],
];
for (const [name, value] of rows) {
  const shown = name === 'seed' ? String(value) : value.toLocaleString('en');
  console.log(`  ${name.padEnd(32)} ${shown.padStart(14)}`);
}
if (result.failed) {
  console.error(fc.defaultReportMessage(result));
  console.error(result.errorInstance);
  console.error(
    `fuzz: play it again with npm run fuzz -- --seed ${seed} --path ${result.counterexamplePath}`,
  );
  process.exit(1);
}
console.log('fuzz: nothing was broken');

function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`fuzz: ${option} takes a whole number, not '${text}'.`);
  process.exit(2);
}
