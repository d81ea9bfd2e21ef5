export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an entry refers to within its document (RFC 6901), or the entry itself. */
export function resolve(document: JsonObject, entry: unknown): unknown {
  const passed = new Set<string>();
  let found = entry;
  while (isObject(found) && typeof found['$ref'] === 'string') {
    const reference = found['$ref'];
    if (passed.has(reference)) throw new TypeError(`"${reference}" refers to itself.`);
    passed.add(reference);
    found = at(document, reference);
  }
  return found;
}

function at(document: JsonObject, reference: string): unknown {
  if (!reference.startsWith('#/')) {
    throw new TypeError(
      `"${reference}" is outside the document: bundle what it refers to into the document.`,
    );
  }
  let found: unknown = document;
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    const next =
      isObject(found) || Array.isArray(found) ? Object.getOwnPropertyDescriptor(found, key) : undefined;
    if (!next) throw new TypeError(`"${reference}" leads nowhere in the document.`);
    found = next.value;
  }
  return found;
}
