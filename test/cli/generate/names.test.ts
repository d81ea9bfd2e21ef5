import { expect, it } from 'vitest';
import { Misunderstanding } from '../../../src/cli/command.js';
import { namesOf } from '../../../src/cli/generate/names.js';

const controller = { name: 'controller', suffix: 'Contract' } as const;

it.each([
  ['lamp', 'lamp', 'lamp', 'Lamp'],
  ['lamp-state', 'lamp-state', 'lampState', 'LampState'],
  ['lampState', 'lamp-state', 'lampState', 'LampState'],
  ['LampState', 'lamp-state', 'lampState', 'LampState'],
  ['lamp_state', 'lamp-state', 'lampState', 'LampState'],
  ['HTTPState2', 'http-state2', 'httpState2', 'HttpState2'],
  ['LampController', 'lamp', 'lamp', 'Lamp'],
  ['controller', 'controller', 'controller', 'Controller'],
  ['delete', 'delete', 'deleteContract', 'Delete'],
  ['test', 'test', 'testContract', 'Test'],
  ['define-topic', 'define-topic', 'defineTopicContract', 'DefineTopic'],
])('reads %s', (text, kebab, camel, pascal) => {
  expect(namesOf(text, controller)).toEqual({ kebab, camel, pascal });
});

it.each(['2lamps', 'lamp state', '../lamp', 'lamps/state', '-', 'lämp', 'lamp--state', '$'])(
  'refuses %s',
  (text) => {
    expect(() => namesOf(text, controller)).toThrow(
      new Misunderstanding(
        `<name> takes a name of letters, digits and dashes that begins with a letter, such as lamp-state, not '${text}'.`,
      ),
    );
  },
);
