import { readFileSync } from 'node:fs';
import { packageFolder } from '../own-manifest.js';
import type { Names } from './names.js';

/** Something that can be generated, of the files in its folder of templates/generate/. */
export interface Kind {
  readonly name: 'controller' | 'contract' | 'middleware';
  readonly summary: string;
  /** What a name gets behind it where it alone would mean something else in the code. */
  readonly suffix: string;
  /** Of src/ and test/. */
  readonly folder: string;
  /** The list of createApp() that it belongs to, and how it is called in it. */
  readonly list?: { readonly option: string; identifier(names: Names): string };
}

export const kinds: readonly Kind[] = [
  {
    name: 'controller',
    summary: 'a controller with a contract, its test, and its place in src/app.ts',
    suffix: 'Contract',
    folder: 'controllers',
    list: { option: 'controllers', identifier: ({ pascal }) => `${pascal}Controller` },
  },
  {
    name: 'contract',
    summary: 'a topic with its payload, and its test',
    suffix: 'Contract',
    folder: 'contracts',
  },
  {
    name: 'middleware',
    summary: 'a middleware, its test, and its place in src/app.ts',
    suffix: 'Middleware',
    folder: 'middleware',
    list: { option: 'middleware', identifier: ({ camel }) => camel },
  },
];

/** The files of one kind under a name: path in the application, and text. */
export function filesOf({ folder }: Kind, names: Names): ReadonlyMap<string, string> {
  const text = (end: string) => {
    const file = new URL(`templates/generate/${folder}/lamp-state${end}`, packageFolder);
    return named(readFileSync(file, 'utf8'), names);
  };
  return new Map([
    [`src/${folder}/${names.kebab}.ts`, text('.ts')],
    [`test/${folder}/${names.kebab}.test.ts`, text('.test.ts')],
  ]);
}

/** The files speak of a lamp's state, in each spelling that code needs. */
function named(text: string, { kebab, camel, pascal }: Names): string {
  const spellings: Readonly<Record<string, string>> = {
    'lamp-state': kebab,
    lampState: camel,
    LampState: pascal,
  };
  return text.replaceAll(/lamp-state|lampState|LampState/g, (spelling) => spellings[spelling]!);
}
