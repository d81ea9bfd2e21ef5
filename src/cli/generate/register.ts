/** What is added to a list of createApp(), and whence it is imported. */
export interface Addition {
  readonly option: string;
  readonly identifier: string;
  /** As src/app.ts says it: `./controllers/lamps.js`. */
  readonly from: string;
}

/** As wide as the templates' formatter lets a line be. */
const WIDTH = 110;

/** The text of src/app.ts with the addition in its place, or undefined where it has no place for it that is beyond doubt. */
export function register(text: string, { option, identifier, from }: Addition): string | undefined {
  const listed = addToList(text, option, identifier) ?? addList(text, option, identifier);
  return listed === undefined ? undefined : addImport(listed, identifier, from);
}

function addToList(text: string, option: string, identifier: string): string | undefined {
  const lists = [...text.matchAll(new RegExp(`^([ \\t]*)${option}: \\[([^\\][]*)\\]`, 'gm'))];
  const [list] = lists;
  if (list === undefined || lists.length > 1) return undefined;
  const [whole, indent = '', inside = ''] = list;
  const items = [...inside.split(',').map((each) => each.trim()), identifier].filter((each) => each !== '');
  const line = `${indent}${option}: [${items.join(', ')}]`;
  const isLong = inside.includes('\n') || line.length + 1 > WIDTH; // a comma follows
  const lines = items.map((each) => `${indent}  ${each},\n`).join('');
  return text.replace(whole, () => (isLong ? `${indent}${option}: [\n${lines}${indent}]` : line));
}

/** A list that is missing goes behind that of the controllers. */
function addList(text: string, option: string, identifier: string): string | undefined {
  if (new RegExp(`\\b${option}\\b`).test(text)) return undefined;
  const lists = [...text.matchAll(/^([ \t]*)controllers: \[[^\][]*\],\n/gm)];
  const [list] = lists;
  if (list === undefined || lists.length > 1) return undefined;
  const [whole, indent = ''] = list;
  return text.replace(whole, () => `${whole}${indent}${option}: [${identifier}],\n`);
}

/** In the order of the templates' linter: packages first, each group by name. */
function addImport(text: string, identifier: string, from: string): string | undefined {
  const imports = [...text.matchAll(/^import [^;]*? from [']([^']+)['];\n/gm)];
  const before = imports.find(([, source = '']) => source.startsWith('.') && source > from) ?? undefined;
  const last = imports.at(-1);
  if (last === undefined) return undefined;
  const at = before?.index ?? last.index + last[0].length;
  const source = `'${from}'`;
  return `${text.slice(0, at)}import { ${identifier} } from ${source};\n${text.slice(at)}`;
}
