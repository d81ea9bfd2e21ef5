// The AsyncAPI document as a page for people: one file that asks nobody for anything.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AsyncApiDocument } from '../../asyncapi/index.js';
import { installedFile } from '../installed-package.js';

const COMPONENT = '@asyncapi/react-component';

/** The package that draws the page is not there, or is another one than expected: a sentence. */
export class NoPageError extends Error {}

export interface DocumentationPage {
  readonly html: string;
  /** The value of its Content-Security-Policy: the browser refuses what is not in the page itself. */
  readonly policy: string;
}

/** Draws with AsyncAPI's own component, as the folders see it, or this package. Rejects with a NoPageError where it is missing. */
export async function documentationPage(
  document: AsyncApiDocument,
  folders: readonly string[],
): Promise<DocumentationPage> {
  const [component, style] = await Promise.all([
    part('browser/standalone/index.js', folders),
    part('styles/default.min.css', folders),
  ]);
  const scripts = [withoutTags(component), draw];
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return {
    html: html(document, scripts, style),
    // The component compiles JSON Schemas into functions, and styles what it shows in its elements.
    policy: `default-src 'none'; script-src ${hashes.join(' ')} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`,
  };
}

async function part(path: string, folders: readonly string[]): Promise<string> {
  const file = installedFile(`${COMPONENT}/${path}`, folders);
  if (file !== undefined) return await readFile(file, 'utf8');
  throw new NoPageError(
    `The page is drawn by the package ${COMPONENT}, version 3, which is not installed. Run npm install --save-dev ${COMPONENT}.`,
  );
}

const draw = `AsyncApiStandalone.render(
  {
    schema: JSON.parse(document.getElementById('document').textContent),
    config: { show: { errors: true } },
  },
  document.getElementById('page'),
);`;

function html(document: AsyncApiDocument, scripts: readonly string[], style: string): string {
  const { title } = document.info;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${asText(title)}</title>
<link rel="icon" href="data:,">
<style>${style.replaceAll('</', '<\\/')}</style>
</head>
<body>
<noscript>This page is drawn by JavaScript, which is off.</noscript>
<div id="page"></div>
<script type="application/json" id="document">${JSON.stringify(document).replaceAll('<', '\\u003c')}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

/** In the texts and patterns of a script these would end it, or change how HTML reads it. */
function withoutTags(script: string): string {
  return script.replace(/<(?=\/?script|!--)/gi, '\\x3C');
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
