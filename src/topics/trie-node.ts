// The nodes of the topic trie: what they hold in how little memory, and how they come and go.

/** From here on a set finds a value faster than a search through the list. */
const LIST_LIMIT = 16;

type Values<T> = T[] | Set<T>;

/** Where filters stand after some levels. Most nodes have one child or none, so the map comes with the second. */
export class TrieNode<T> {
  readonly level: string;
  children: TrieNode<T> | Map<string, TrieNode<T>> | undefined = undefined;
  plus: TrieNode<T> | undefined = undefined;
  /** Of the filters that end here. */
  values: Values<T> | undefined = undefined;
  /** Of the filters that end here with a `#`. */
  rest: Values<T> | undefined = undefined;
  constructor(level: string) {
    this.level = level;
  }
}

export function childOf<T>(node: TrieNode<T>, level: string): TrieNode<T> | undefined {
  const children = node.children;
  if (children === undefined) return undefined;
  if (children instanceof Map) return children.get(level);
  return children.level === level ? children : undefined;
}

export function childOrNew<T>(node: TrieNode<T>, level: string): TrieNode<T> {
  const known = childOf(node, level);
  if (known !== undefined) return known;
  const child = new TrieNode<T>(level);
  const children = node.children;
  if (children === undefined) node.children = child;
  else if (children instanceof Map) children.set(level, child);
  else {
    node.children = new Map([
      [children.level, children],
      [level, child],
    ]);
  }
  return child;
}

export function plusOrNew<T>(node: TrieNode<T>): TrieNode<T> {
  node.plus ??= new TrieNode<T>('+');
  return node.plus;
}

export function childrenOf<T>(node: TrieNode<T>): Iterable<TrieNode<T>> {
  const children = node.children;
  if (children === undefined) return [];
  return children instanceof Map ? children.values() : [children];
}

/** Adds to a node's values; false if it is there. */
export function addValue<T>(node: TrieNode<T>, kind: 'values' | 'rest', value: T): boolean {
  const values = node[kind];
  if (values === undefined) node[kind] = [value];
  else if (values instanceof Set) {
    if (values.has(value)) return false;
    values.add(value);
  } else {
    if (values.includes(value)) return false;
    if (values.length < LIST_LIMIT) values.push(value);
    else node[kind] = new Set(values).add(value);
  }
  return true;
}

/** Removes from a node's values; false if it was not there. */
export function deleteValue<T>(node: TrieNode<T>, kind: 'values' | 'rest', value: T): boolean {
  const values = node[kind];
  if (values === undefined) return false;
  if (values instanceof Set) {
    if (!values.delete(value)) return false;
    if (values.size === 0) node[kind] = undefined;
    return true;
  }
  const at = values.indexOf(value);
  // indexOf knows no NaN, which includes() and sets do.
  const index = at === -1 ? values.findIndex((other) => Object.is(other, value)) : at;
  if (index === -1) return false;
  if (values.length === 1) node[kind] = undefined;
  else values.splice(index, 1);
  return true;
}

/** Adds a node's values to those that were found. */
export function collect<T>(values: readonly T[] | ReadonlySet<T>, found: T[]): void {
  for (const value of values) found.push(value);
}

/** Takes the nodes at the end of a path out of the tree for as long as they hold nothing. */
export function prune<T>(path: readonly TrieNode<T>[]): void {
  for (let i = path.length - 1; i > 0; i--) {
    const node = path[i] as TrieNode<T>; // within the path
    if (node.children ?? node.plus ?? node.values ?? node.rest) return;
    const parent = path[i - 1] as TrieNode<T>; // within the path
    if (parent.plus === node) parent.plus = undefined;
    else dropChild(parent, node);
  }
}

function dropChild<T>(parent: TrieNode<T>, node: TrieNode<T>): void {
  const children = parent.children;
  if (!(children instanceof Map)) {
    parent.children = undefined;
    return;
  }
  children.delete(node.level);
  if (children.size > 1) return;
  for (const last of children.values()) parent.children = last;
}
