// npm run bench [area ...]: measures and prints; nothing here is asserted by a test.
import type { Row } from './row.js';

const areas: Record<string, () => Promise<{ run(): Promise<readonly Row[]> }>> = {
  topics: () => import('./topics.js'),
  packets: () => import('./packets.js'),
  client: () => import('./client.js'),
  broker: () => import('./broker.js'),
  app: () => import('./app.js'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(areas, name));
if (unknown !== undefined) {
  console.error(`bench: there is no area '${unknown}'. The areas are ${Object.keys(areas).join(', ')}.`);
  process.exit(2);
}
for (const [name, load] of Object.entries(areas)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { run } = await load();
  console.log(`\n${name}`);
  for (const row of await run()) {
    console.log(`  ${row.name.padEnd(64)} ${format(row.value).padStart(12)} ${row.unit}`);
  }
}
process.exit(0);

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
