import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { paint } from '../colours.js';
import {
  defineCommand,
  Failure,
  flag,
  Misunderstanding,
  type OperandValues,
  type OptionValues,
  oneOf,
  toggle,
  value,
} from '../command.js';
import type { Host } from '../host.js';
import { copyTemplate } from '../scaffold/copy-template.js';
import { packageManagers, runningPackageManager, runScript } from '../scaffold/package-manager.js';
import { packageNameFrom, wrongPackageName } from '../scaffold/package-name.js';
import { askOneOf, askText, askYes } from '../scaffold/questions.js';
import { checkFolder } from '../scaffold/target-folder.js';
import { type TemplateName, templateNames, templates } from '../scaffold/templates.js';

const operands = { folder: { takes: 'the folder to make, such as my-app', optional: true } } as const;
const options = {
  template: oneOf(templateNames, {
    shown: '<name>',
    short: 't',
    summary: `${templateNames.join(', ')} (default: minimal)`,
  }),
  name: value({
    shown: '<name>',
    summary: "the name of its package (default: the folder's)",
    takes: 'the name of a package, such as my-app',
    read: (text) => text || undefined,
  }),
  pm: oneOf(packageManagers, {
    shown: '<name>',
    summary: `${packageManagers.join(', ')} (default: the one that runs this)`,
  }),
  install: toggle('install what it depends on (default: yes)'),
  git: toggle('make a git repository of it (default: yes, unless it lies in one)'),
  yes: flag('ask nothing', 'y'),
  force: flag('write into a folder that is not empty'),
};

type Given = OperandValues<typeof operands> & OptionValues<typeof options>;

/** Makes an application from a template. */
export const newApplication = defineCommand({
  name: 'new',
  summary: 'make an application from a template',
  purpose: 'makes an application from a template that comes with the package; nothing of it is downloaded',
  operands,
  options,
  notes: [
    'Templates:',
    ...templateNames.map((name) => `  ${name.padEnd(8)}  ${templates[name]}`),
    '',
    'In a terminal it asks for what no option says; elsewhere, and with --yes, the defaults hold.',
  ].join('\n'),
  example: 'npx topicwise new my-app --template ingest --yes',
  run,
});

async function run(given: Given, host: Host): Promise<number> {
  const asks = host.isInteractive && !given.yes;
  const { folder: shown, name } = await place(given, host, asks);
  const folder = resolve(host.cwd, shown);
  checkFolder(folder, shown, given.force);
  const template = given.template ?? (asks ? await askTemplate(host) : 'minimal');
  const manager = given.pm ?? runningPackageManager(host.env);
  const installs = given.install ?? (!asks || (await askYes(host, `Install with ${manager}?`)));
  const versions = await wantsGit(given, host, asks, folder);

  const files = copyTemplate(template, folder, { name, manager });
  host.stdout.write(
    `${paint(host.stdout, 'green', shown)} has ${files.length} files of the template ${template}.\n`,
  );
  if (versions) await initGit(given, host, folder);
  if (installs) await install(host, manager, folder, shown);

  const enter = shown === '.' ? [] : [`cd ${shown}`];
  const begin = installs ? [] : [`${manager} install`];
  const next = [...enter, ...begin].join(' && ') || runScript(manager, 'test');
  const lines = [next, runScript(manager, 'dev')].map((line) => `  ${paint(host.stdout, 'bold', line)}\n`);
  host.stdout.write(`\nNext:\n${lines.join('')}`);
  return 0;
}

/** The folder and the name of the package, checked before anything else is asked. */
async function place(given: Given, host: Host, asks: boolean): Promise<{ folder: string; name: string }> {
  if (given.folder === undefined && !asks)
    throw new Misunderstanding(`<folder> is missing: it takes ${operands.folder.takes}.`);
  const folder = given.folder ?? (await askText(host, 'Folder?', 'my-app'));
  const ofFolder = basename(resolve(host.cwd, folder));
  const name = given.name ?? ofFolder;
  const wrong = wrongPackageName(name);
  if (wrong === undefined) return { folder, name };
  throw new Misunderstanding(
    `'${name}' can't be the name of a package: ${wrong}. Write --name ${packageNameFrom(name)}, or another folder.`,
  );
}

async function askTemplate(host: Host): Promise<TemplateName> {
  return await askOneOf(host, 'Template?', templates);
}

async function wantsGit({ git }: Given, host: Host, asks: boolean, folder: string): Promise<boolean> {
  if (git !== undefined) return git;
  if (liesInRepository(folder)) return false;
  return !asks || (await askYes(host, 'Make a git repository of it?'));
}

/** Whether a repository is there already, in the folder or above it. */
function liesInRepository(folder: string): boolean {
  for (let above = folder; ; above = resolve(above, '..')) {
    if (existsSync(resolve(above, '.git'))) return true;
    if (above === resolve(above, '..')) return false;
  }
}

async function initGit({ git }: Given, host: Host, folder: string): Promise<void> {
  const code = await host.run('git', ['init', '--quiet'], folder);
  if (code === 0) return;
  const what = code === undefined ? 'git is not installed' : `'git init' ended with ${code}`;
  const sentence = `${what}: the application is whole, but no repository. Leave it out with --no-git.`;
  if (git === true) throw new Failure(sentence);
  host.stderr.write(`topicwise new: ${sentence}\n`);
}

async function install(host: Host, manager: string, folder: string, shown: string): Promise<void> {
  const code = await host.run(manager, ['install'], folder);
  if (code === 0) return;
  if (code === undefined)
    throw new Failure(
      `${manager} is not installed: the application is whole, but not what it depends on. Install ${manager}, then run '${manager} install' in ${shown}.`,
    );
  throw new Failure(
    `'${manager} install' ended with ${code}: the application is whole, but not what it depends on. Mend what it says above, then run it again in ${shown}.`,
  );
}
