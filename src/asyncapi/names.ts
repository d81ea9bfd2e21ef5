/** Hands out names, each once. */
export class Names {
  readonly #taken = new Set<string>();

  /** The name itself, or with the first number behind it that makes it new. */
  claim(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** A key of the document for a text: letters, digits and `_`, each further word with a capital, as in `socksDrawerStatus`. */
export function keyOf(text: string): string {
  const words = text.split(/\W+/).filter((word) => word !== '');
  const [first = 'topic', ...others] = words;
  return [first, ...others.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

/** The same entries in the order of their keys, whatever order they were found in. */
export function inOrder<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
}
