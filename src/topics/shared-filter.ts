/** A shared subscription: `filter`, split among the subscribers who use the same `share` name. MQTT 5.0, 4.8.2. */
export interface SharedFilter {
  /** Any text without `/`, `+` and `#`. */
  readonly share: string;
  readonly filter: string;
}

/** Takes `$share/<name>/<filter>` apart. Undefined for every other filter, a malformed shared one included. */
export function parseSharedFilter(filter: string): SharedFilter | undefined {
  const start = filterStart(filter);
  if (start <= 0 || start === filter.length) return undefined;
  const share = filter.slice(7, start - 1);
  if (share === '' || /[+#]/.test(share)) return undefined;
  return { share, filter: filter.slice(start) };
}

/** Where the filter itself begins: 0, or behind `$share/<name>/`; -1 if there is nothing behind the share name. */
export function filterStart(filter: string): number {
  if (filter.charCodeAt(0) !== 0x24 || !filter.startsWith('$share/')) return 0;
  const end = filter.indexOf('/', 7);
  return end === -1 ? -1 : end + 1;
}
