export const packageManagers = ['npm', 'pnpm', 'yarn', 'bun'] as const;

export type PackageManager = (typeof packageManagers)[number];

/** The package manager that started this process, as its `npm_config_user_agent` says: `pnpm/9.1.0 npm/? node/v20`. */
export function runningPackageManager(env: Readonly<Record<string, string | undefined>>): PackageManager {
  const agent = env['npm_config_user_agent'] ?? '';
  return packageManagers.find((each) => agent.startsWith(`${each}/`)) ?? 'npm';
}

/** How a script of package.json is run. */
export function runScript(manager: PackageManager, script: string): string {
  return manager === 'npm' && script === 'test' ? 'npm test' : `${manager} run ${script}`;
}

interface Words {
  readonly lockfile: string;
  /** A clean install by the lockfile, on a machine that has npm. */
  readonly cleanInstall: string;
  readonly cleanInstallForProduction: string;
}

const words: Readonly<Record<Exclude<PackageManager, 'npm'>, Words>> = {
  pnpm: {
    lockfile: 'pnpm-lock.yaml',
    cleanInstall: 'npm install --global pnpm && pnpm install --frozen-lockfile',
    cleanInstallForProduction: 'npm install --global pnpm && pnpm install --frozen-lockfile --prod',
  },
  yarn: {
    lockfile: 'yarn.lock',
    cleanInstall: 'npm install --global --force yarn@1 && yarn install --frozen-lockfile',
    cleanInstallForProduction:
      'npm install --global --force yarn@1 && yarn install --frozen-lockfile --production',
  },
  bun: {
    lockfile: 'bun.lock',
    cleanInstall: 'npm install --global bun && bun install --frozen-lockfile',
    cleanInstallForProduction: 'npm install --global bun && bun install --frozen-lockfile --production',
  },
};

/** A text of a template, which is written for npm, for another package manager. */
export function forPackageManager(text: string, manager: PackageManager): string {
  if (manager === 'npm') return text;
  const { lockfile, cleanInstall, cleanInstallForProduction } = words[manager];
  return text
    .replaceAll('package-lock.json', lockfile)
    .replaceAll('npm ci --omit=dev', cleanInstallForProduction)
    .replaceAll('npm ci', cleanInstall)
    .replaceAll(/\bnpm install(?! --global)/g, `${manager} install`)
    .replaceAll(
      /\bnpm (?:run (\w+)|(test|start)\b)/g,
      (_, script, short) => `${manager} run ${script ?? short}`,
    );
}
