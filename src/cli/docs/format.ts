import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { installedFile } from '../../app/installed-package.js';
import { Failure } from '../command.js';

export const formats = ['json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** By its ending; undefined where that says nothing. */
export function formatOf(file: string): Format | undefined {
  const extension = extname(file).toLowerCase();
  if (extension === '.json') return 'json';
  return extension === '.yaml' || extension === '.yml' ? 'yaml' : undefined;
}

/** The document as text, a line break behind it. Throws a Failure where the package for YAML is missing. */
export function written(document: object, format: Format, folder: string): string {
  if (format === 'json') return `${JSON.stringify(document, undefined, 2)}\n`;
  return yamlPackage(folder).stringify(document, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1', // whose readers take a property called on for true
  });
}

/** The opposite. Throws what the parser throws, and a Failure where the package for YAML is missing. */
export function parsed(text: string, format: Format, folder: string): unknown {
  return format === 'json' ? JSON.parse(text) : yamlPackage(folder).parse(text);
}

/** What is used of the package `yaml`. */
interface YamlPackage {
  parse(text: string): unknown;
  stringify(value: unknown, options: object): string;
}

function yamlPackage(folder: string): YamlPackage {
  const file = installedFile('yaml', [folder]);
  if (file === undefined) {
    throw new Failure(
      'YAML needs the package yaml, which is not installed. Run npm install --save-dev yaml, or use JSON.',
    );
  }
  return createRequire(import.meta.url)(file);
}
