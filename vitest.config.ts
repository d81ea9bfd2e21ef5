import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  // Examples and README snippets import the package by its name; here the name means the sources.
  resolve: {
    alias: [
      { find: /^topicwise$/, replacement: source('index.ts') },
      { find: /^topicwise\/opentelemetry$/, replacement: source('opentelemetry.ts') },
      { find: /^topicwise\/current-message$/, replacement: source('current-message.ts') },
      { find: /^topicwise\/(client|topics|testing|testing\/vitest)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    // For what hangs, not for what is slow: how busy the machine is proves nothing.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: {
        'src/topics/**': { lines: 95 },
        'src/packets/**': { lines: 95 },
        'src/session/**': { lines: 95 },
      },
    },
  },
});
