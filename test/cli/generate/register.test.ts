import { describe, expect, it } from 'vitest';
import { register } from '../../../src/cli/generate/register.js';

const controller = {
  option: 'controllers',
  identifier: 'LampController',
  from: './controllers/lamp.js',
};
const middleware = { option: 'middleware', identifier: 'timing', from: './middleware/timing.js' };

const app = (lists: string, imports = "import { env } from './env.js';\n") =>
  `import { createApp } from 'topicwise';\n${imports}\nexport const app = createApp({\n  connection: env.MQTT_URL,\n${lists}});\n`;

describe('adds to', () => {
  it.each<[what: string, before: string, after: string]>([
    ['an empty list', '  controllers: [],\n', '  controllers: [LampController],\n'],
    ['a short list', '  controllers: [A, B],\n', '  controllers: [A, B, LampController],\n'],
    [
      'a list of several lines',
      '  controllers: [\n    A,\n    B,\n  ],\n',
      '  controllers: [\n    A,\n    B,\n    LampController,\n  ],\n',
    ],
    [
      'a list that becomes too long for a line',
      `  controllers: [${'A'.repeat(80)}],\n`,
      `  controllers: [\n    ${'A'.repeat(80)},\n    LampController,\n  ],\n`,
    ],
  ])('%s', (_what, before, after) => {
    const imports =
      "import { LampController } from './controllers/lamp.js';\nimport { env } from './env.js';\n";
    expect(register(app(before), controller)).toBe(app(after, imports));
  });

  it('a list that is missing, behind the controllers', () => {
    const imports = "import { env } from './env.js';\n";
    expect(register(app('  controllers: [A],\n'), middleware)).toBe(
      app(
        '  controllers: [A],\n  middleware: [timing],\n',
        `${imports}import { timing } from './middleware/timing.js';\n`,
      ),
    );
  });
});

it.each([
  ['no list', app('')],
  ['a list that is found elsewhere', app('  controllers: discover(import.meta.url),\n')],
  ['two of them', `${app('  controllers: [A],\n')}${app('  controllers: [B],\n')}`],
  ['a list within the list', app('  controllers: [A, ...[B]],\n')],
  ['no import', 'createApp({\n  controllers: [],\n});\n'],
])('leaves alone what has %s', (_what, text) => {
  expect(register(text, controller)).toBeUndefined();
});

it('leaves a list alone that it does not understand, instead of adding a second one', () => {
  expect(register(app('  controllers: [A],\n  middleware: all(),\n'), middleware)).toBeUndefined();
});
