import { writeFileSync } from 'node:fs';
import { report } from './application.js';

writeFileSync('report.json', JSON.stringify(await report()));
