import { Parser } from '@asyncapi/parser';

// One rule asks for 3.1, which differs in the bindings of another protocol alone and is read by fewer tools.
const parser = new Parser({ ruleset: { core: true, recommended: true } });

/** Everything that AsyncAPI's own parser has to say of a document: errors, warnings, hints. */
export async function complaintsOf(document: object): Promise<string[]> {
  const { diagnostics } = await parser.parse(JSON.stringify(document));
  return diagnostics
    .filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ code, message, path }) => `${code} at ${path.join('.')}: ${message}`);
}
