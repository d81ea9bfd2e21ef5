// One filter against the filters of a trie: those that overlap it, those that cover it. What `overlaps` and `covers` say of a pair, for all at once.
import { childOf, childrenOf, collect, type TrieNode } from './trie-node.js';

const DOLLAR = 0x24;

/** Adds the values of all filters that match a topic which `filter` matches too. */
export function collectOverlapping<T>(root: TrieNode<T>, filter: string, found: T[]): void {
  const levels = filter.split('/');
  const visit = (node: TrieNode<T>, depth: number): void => {
    const level = levels[depth];
    // A wildcard at the first level matches no topic that starts with "$" [MQTT-4.7.2-1].
    const mayBeWild = depth > 0 || !isDollar(level);
    if (level === undefined && node.values) collect(node.values, found);
    if (node.rest && mayBeWild) collect(node.rest, found);
    if (level === undefined) return;
    if (level === '#') {
      if (node.values) collect(node.values, found);
      for (const below of belowWildcard(node, depth)) collectAll(below, found);
    } else if (level === '+') {
      for (const below of belowWildcard(node, depth)) visit(below, depth + 1);
    } else {
      if (node.plus && mayBeWild) visit(node.plus, depth + 1);
      const child = childOf(node, level);
      if (child) visit(child, depth + 1);
    }
  };
  visit(root, 0);
}

/** Adds the values of all filters that match every topic which `filter` matches, itself included. */
export function collectCovering<T>(root: TrieNode<T>, filter: string, found: T[]): void {
  const levels = filter.split('/');
  const visit = (node: TrieNode<T>, depth: number): void => {
    const level = levels[depth];
    const mayBeWild = depth > 0 || !isDollar(level);
    if (level === undefined && node.values) collect(node.values, found);
    if (node.rest && mayBeWild) collect(node.rest, found);
    // Every topic has a first level, so "+/#" is the same as "#".
    if (level === '#' && depth === 0 && node.plus?.rest) collect(node.plus.rest, found);
    if (level === undefined || level === '#') return;
    if (node.plus && mayBeWild) visit(node.plus, depth + 1);
    const child = level === '+' ? undefined : childOf(node, level);
    if (child) visit(child, depth + 1);
  };
  visit(root, 0);
}

function* belowWildcard<T>(node: TrieNode<T>, depth: number): Iterable<TrieNode<T>> {
  if (node.plus) yield node.plus;
  for (const child of childrenOf(node)) if (depth > 0 || !isDollar(child.level)) yield child;
}

function collectAll<T>(node: TrieNode<T>, found: T[]): void {
  if (node.values) collect(node.values, found);
  if (node.rest) collect(node.rest, found);
  if (node.plus) collectAll(node.plus, found);
  for (const child of childrenOf(node)) collectAll(child, found);
}

function isDollar(level: string | undefined): boolean {
  return level?.charCodeAt(0) === DOLLAR;
}
