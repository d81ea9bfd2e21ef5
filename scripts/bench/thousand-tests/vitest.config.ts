import { defineConfig } from 'vitest/config';
import project from '../../../vitest.config.js';

export default defineConfig({
  resolve: project.resolve ?? {},
  test: { include: ['scripts/bench/thousand-tests/*.test.ts'] },
});
