import { relative } from 'node:path';
import type { OwnManifest } from '../own-manifest.js';
import { error, type Finding, ok, warn } from './finding.js';
import { copiesOf, installedAt } from './installed.js';
import { isWithin } from './version-range.js';

export function checkNode(version: string, { engines: { node } }: Pick<OwnManifest, 'engines'>): Finding[] {
  if (isWithin(version, node)) return [ok('Node.js', version)];
  return [error('Node.js', `${version} is too old: topicwise needs ${node}.`, 'Install a newer Node.js.')];
}

/** The packages that an application shares with this one: whether they are there, and in versions that fit. */
export function checkPeers(
  folder: string,
  { peerDependencies, peerDependenciesMeta }: Pick<OwnManifest, 'peerDependencies' | 'peerDependenciesMeta'>,
): Finding[] {
  return Object.entries(peerDependencies).flatMap(([name, range]): Finding[] => {
    const isOptional = peerDependenciesMeta[name]?.optional === true;
    const installed = installedAt(name, folder);
    const mend = `Run npm install ${name}@"${range}".`;
    if (!installed) return isOptional ? [] : [error(name, 'it is not installed.', mend)];
    if (isWithin(installed.version, range)) return [ok(name, installed.version)];
    const says = `${installed.version} is installed; topicwise is made for ${range}.`;
    return [isOptional ? warn(name, says, mend) : error(name, says, mend)];
  });
}

/** What goes wrong where there are two: two copies do not know each other's classes, tokens and schemas. */
const alone = {
  topicwise: 'error',
  tsyringe: 'error',
  'reflect-metadata': 'error',
  zod: 'warn',
} as const;

export function checkCopies(folder: string, cwd: string): Finding[] {
  return Object.entries(alone).flatMap(([name, level]) => {
    const copies = copiesOf(name, folder);
    if (copies.length < 2) return [];
    const places = copies.map(
      ({ folder: place, version }) => `${version} in ${relative(cwd, place) || place}`,
    );
    return [
      {
        level,
        about: name,
        says: `there are ${copies.length} copies, which do not know what was made with the other: ${places.join(', ')}.`,
        mend: `Run npm dedupe; npm ls ${name} says who asks for which version.`,
      },
    ];
  });
}

/** The tools with which TypeScript is checked and run. */
export function checkTools(folder: string): Finding[] {
  const tools = [
    ['typescript', 'it is not installed: nobody checks the types, and tsconfig.json was not looked at.'],
    ['tsx', "it is not installed: this command can't load an application that is written in TypeScript."],
  ] as const;
  return tools.map(([name, says]) => {
    const installed = installedAt(name, folder);
    return installed ? ok(name, installed.version) : warn(name, says, `Run npm install --save-dev ${name}.`);
  });
}
