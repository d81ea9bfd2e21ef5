import { expect, it } from 'vitest';
import { isWithin } from '../../../src/cli/doctor/version-range.js';
import { ownManifest } from '../../../src/cli/own-manifest.js';

it.each([
  ['20.19.0', '>=20.19', true],
  ['v20.18.3', '>=20.19', false],
  ['24.0.0', '>=20.19', true],
  ['4.10.0', '^4.10.0', true],
  ['4.9.9', '^4.10.0', false],
  ['5.0.0', '^4.10.0', false],
  ['0.2.9', '^0.2.2', true],
  ['0.3.0', '^0.2.2', false],
  ['0.2.1', '^0.2.2', false],
  ['0.0.3', '^0.0.3', true],
  ['0.0.4', '^0.0.3', false],
  ['3.25.0', '^3.25.0 || ^4.0.0', true],
  ['4.1.0-beta.1', '^3.25.0 || ^4.0.0', true],
  ['3.24.9', '^3.25.0 || ^4.0.0', false],
])('%s in %s: %s', (version, range, isIn) => {
  expect(isWithin(version, range)).toBe(isIn);
});

it('reads every range of this package', () => {
  const { engines, peerDependencies } = ownManifest();
  const ranges = [engines.node, ...Object.values(peerDependencies)];
  const one = /^(?:\^\d+\.\d+\.\d+|>=\d+\.\d+(?:\.\d+)?)$/;
  for (const range of ranges) for (const part of range.split(' || ')) expect(part).toMatch(one);
});

it('says what is no version', () => {
  expect(() => isWithin('latest', '^1.0.0')).toThrow("'latest' is no version.");
});
