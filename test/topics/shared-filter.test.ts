import { expect, it } from 'vitest';
import { parseSharedFilter } from '../../src/topics/index.js';

it.each([
  ['$share/g/a/+', { share: 'g', filter: 'a/+' }],
  ['$share/my-workers.1 ü/#', { share: 'my-workers.1 ü', filter: '#' }],
  ['$share/g//', { share: 'g', filter: '/' }],
  ['$share/g/$SYS/#', { share: 'g', filter: '$SYS/#' }],
  ['a/b', undefined],
  ['$share', undefined],
  ['$share/', undefined],
  ['$share/g', undefined],
  ['$share/g/', undefined],
  ['$share//a', undefined],
  ['$share/+/a', undefined],
  ['$shared/g/a', undefined],
  ['x/$share/g/a', undefined],
])('%s', (filter, parts) => {
  expect(parseSharedFilter(filter)).toEqual(parts);
});
