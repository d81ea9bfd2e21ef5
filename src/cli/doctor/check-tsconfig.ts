import { readFile, realpath } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { modulesFrom, withoutComments } from '../../app/injection/import-circle.js';
import type { UnboundRoute } from '../../app/routes/controller-routes.js';
import { error, type Finding, ok, warn } from './finding.js';
import type { Tsconfig } from './read-tsconfig.js';

const about = 'tsconfig.json';

export function checkTsconfig({ options, mistakes }: Tsconfig): Finding[] {
  const findings = mistakes.map((mistake) => error(about, mistake, 'Mend what the compiler names.'));
  if (!options) return findings;
  if (options['experimentalDecorators'] !== true) {
    findings.push(
      error(
        about,
        'experimentalDecorators is off, and topicwise has decorators of parameters, which the newer ones lack.',
        'Write "experimentalDecorators": true into its compilerOptions.',
      ),
    );
  }
  if (options['emitDecoratorMetadata'] === true) {
    const with1272 =
      options['isolatedModules'] === true ? ' A type of a handler needs import type then.' : '';
    findings.push(
      warn(
        about,
        `emitDecoratorMetadata is on: modules that import each other fail as they are loaded, and tsx and esbuild emit none, so that what is injected by its type works in one and not in the other.${with1272}`,
        'Turn it off, and write @Inject(TheClass) in front of constructor parameters.',
      ),
    );
  }
  findings.push(
    ...missing(options, 'strict', 'topics, parameters and payloads are checked loosely.'),
    ...missing(
      options,
      'isolatedModules',
      'tsx and bundlers translate each file alone, and fail where the compiler does not.',
    ),
    ...missing(
      options,
      'verbatimModuleSyntax',
      'an import of types alone may be loaded, or one of a class be left out.',
    ),
  );
  return findings.length > 0 ? findings : [ok(about, 'its compilerOptions fit.')];
}

function missing(options: NonNullable<Tsconfig['options']>, name: string, says: string): Finding[] {
  if (options[name] === true) return [];
  return [warn(about, `${name} is off: ${says}`, `Write "${name}": true into its compilerOptions.`)];
}

/** Whether the settings hold for every file with decorators that an application loads: tools go by `include`. */
export async function checkIncluded(
  { path, options, files }: Tsconfig,
  entry: string,
  routes: readonly UnboundRoute[],
): Promise<Finding[]> {
  if (!options) return []; // what it covers is not known either
  const sources = routes.flatMap((route) => route.source()?.replace(/:\d+$/, '') ?? []);
  const loaded = [...(await modulesFrom(entry)), ...sources.map((source) => resolve(source))];
  const included = new Set(await Promise.all(files.map(real)));
  const outside = new Set<string>();
  for (const file of loaded) {
    const place = await real(file);
    if (/\.[cm]?tsx?$/.test(place) && !included.has(place) && (await hasDecorators(place)))
      outside.add(place);
  }
  if (outside.size === 0) return [ok(about, 'its include covers the files that the application loads.')];
  const folder = dirname(path);
  return [...outside].map((file) =>
    error(
      about,
      `${relative(folder, file)} has decorators and is not covered by include: tools translate it without experimentalDecorators.`,
      `Add its folder to "include" in ${path}.`,
    ),
  );
}

function real(file: string): Promise<string> {
  return realpath(file).catch(() => file); // the compiler names files of its own making too
}

async function hasDecorators(file: string): Promise<boolean> {
  const source = await readFile(file, 'utf8').catch(() => '');
  return /(?:^|[\s({,])@[A-Z]\w*\s*\(/m.test(withoutComments(source));
}
