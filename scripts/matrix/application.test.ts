import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { report } from './application.js';

it('reports', async () => {
  writeFileSync('report.json', JSON.stringify(await report()));
});
