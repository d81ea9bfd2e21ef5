import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { connectionOf } from '../../app/lifecycle/app.js';
import { defineCommand, Failure, flag, Misunderstanding, value } from '../command.js';
import { checkBroker } from '../doctor/check-broker.js';
import { checkMetadata } from '../doctor/check-metadata.js';
import { checkCopies, checkNode, checkPeers, checkTools } from '../doctor/check-packages.js';
import { checkIncluded, checkTsconfig } from '../doctor/check-tsconfig.js';
import { error, type Finding, ok, printed, warn } from '../doctor/finding.js';
import { nearestTsconfig, readTsconfig } from '../doctor/read-tsconfig.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import { type Entry, loadEntry } from '../entry/load-entry.js';
import type { Host } from '../host.js';
import { ownManifest } from '../own-manifest.js';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'look for what is wrong with an installation',
  purpose:
    'looks for what is wrong: Node.js, packages, tsconfig.json, the application and its broker; says how to mend it',
  operands: { entry: { ...entryOperand, optional: true } },
  options: {
    ...appOption,
    url: value({
      shown: '<url>',
      summary: "ask this broker what it can do (default: the application's)",
      takes: 'the URL of a broker, such as mqtt://localhost',
      read: (text) => (URL.canParse(text) ? text : undefined),
    }),
    offline: flag('ask no broker'),
    json: flag('print {"findings":[{"level":"ok|warn|error","about":...,"says":...,"mend":...}]}'),
  },
  notes:
    'It starts no application, and asks the broker under a client identifier of its own. Exit code 1 if it finds an error.',
  example: 'npx topicwise doctor src/app.ts',
  async run({ entry, app, url, offline, json }, host) {
    if (offline && url !== undefined)
      throw new Misunderstanding('--url and --offline contradict each other.');
    const folder = entry === undefined ? host.cwd : dirname(resolve(host.cwd, entry));
    const manifest = ownManifest();
    const findings = [
      ...checkNode(process.versions.node, manifest),
      ...checkPeers(folder, manifest),
      ...checkCopies(folder, host.cwd),
    ];
    const loaded = entry === undefined ? undefined : await load(entry, host, app, findings);
    findings.push(...(await checkTypeScript(folder, entry && resolve(host.cwd, entry), loaded)));
    if (loaded) findings.push(...checkMetadata(loaded.routes));
    const connection = { ...(loaded && connectionOf(loaded.app.options)), ...(url !== undefined && { url }) };
    // Spreading hides from the types that `url` may be there.
    const asked = 'url' in connection ? (connection as ReturnType<typeof connectionOf>) : undefined;
    if (asked && !offline) findings.push(...(await checkBroker(asked, loaded?.routes ?? [])));
    host.stdout.write(json ? `${JSON.stringify({ findings })}\n` : printed(findings, host.stdout));
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
});

/** What keeps the application from being loaded is a finding like others. */
async function load(
  entry: string,
  host: Host,
  app: string | undefined,
  findings: Finding[],
): Promise<Entry | undefined> {
  try {
    const loaded = await loadEntry(entry, host, { app });
    const count = loaded.routes.length === 1 ? '1 route' : `${loaded.routes.length} routes`;
    findings.push(ok('application', `${entry} has ${count} and could start.`));
    return loaded;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    findings.push(error('application', thrown.message));
    return undefined;
  }
}

async function checkTypeScript(
  folder: string,
  entry: string | undefined,
  loaded: Entry | undefined,
): Promise<Finding[]> {
  const path = nearestTsconfig(folder);
  const isTypeScript = entry !== undefined && /\.[cm]?tsx?$/.test(entry);
  if (path === undefined) {
    if (!isTypeScript) return [];
    const mend = 'Run npx tsc --init, and write "experimentalDecorators": true into its compilerOptions.';
    return [...checkTools(folder), warn('tsconfig.json', 'there is none.', mend)];
  }
  const tsconfig = await readTsconfig(path, folder);
  return [
    ...checkTools(folder),
    ...(tsconfig ? checkTsconfig(tsconfig) : []),
    ...(tsconfig && isTypeScript && existsSync(entry)
      ? await checkIncluded(tsconfig, entry, loaded?.routes ?? [])
      : []),
  ];
}
