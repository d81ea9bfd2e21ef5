// One filter against one topic, and filters against each other. MQTT 5.0, 4.7.
// Nothing here allocates or throws; what it says about illegal filters has no meaning (see validateTopicFilter).
import { filterStart } from './shared-filter.js';

const DOLLAR = 0x24;
const HASH = 0x23;
const PLUS = 0x2b;
const SLASH = 0x2f;

/**
 * Does a subscription to `filter` get messages published to `topic`? `+` matches an empty level too, `a/#` matches `a`,
 * a wildcard at the first level matches no topic that starts with `$`. `$share/<name>/` in front of the filter is seen through.
 */
export function matches(filter: string, topic: string): boolean {
  let f = filterStart(filter);
  if (f === -1) return false;
  if (topic.charCodeAt(0) === DOLLAR && isWildcard(filter.charCodeAt(f))) return false;
  let t = 0;
  for (;;) {
    const code = filter.charCodeAt(f);
    if (code === HASH) return true;
    if (code === PLUS) {
      f++;
      t = levelEnd(topic, t);
    } else {
      const end = levelEnd(filter, f);
      while (f < end && t < topic.length && filter.charCodeAt(f) === topic.charCodeAt(t)) {
        f++;
        t++;
      }
      if (f < end || (t < topic.length && topic.charCodeAt(t) !== SLASH)) return false;
    }
    const filterEnds = f >= filter.length;
    if (t >= topic.length) return filterEnds || isParentOfHash(filter, f);
    if (filterEnds) return false;
    f++;
    t++;
  }
}

/**
 * Does `wider` match every topic that `narrower` matches? A filter covers itself.
 * Names of shares play no part: only the filters behind them are compared.
 */
export function covers(wider: string, narrower: string): boolean {
  let w = filterStart(wider);
  let n = filterStart(narrower);
  if (w === -1 || n === -1) return false;
  if (isWildcard(wider.charCodeAt(w)) && narrower.charCodeAt(n) === DOLLAR) return false;
  // Every topic has a first level, so "+/#" is the same as "#".
  if (narrower.charCodeAt(n) === HASH)
    return wider.endsWith('#') && (wider.length === w + 1 || wider.slice(w) === '+/#');
  for (;;) {
    const code = wider.charCodeAt(w);
    if (code === HASH) return true;
    const wEnd = levelEnd(wider, w);
    const nEnd = levelEnd(narrower, n);
    if (narrower.charCodeAt(n) === HASH) return false;
    if (code !== PLUS && !sameLevel(wider, w, wEnd, narrower, n, nEnd)) return false;
    const widerEnds = wEnd === wider.length;
    if (nEnd === narrower.length) return widerEnds || isParentOfHash(wider, wEnd);
    if (widerEnds) return false;
    w = wEnd + 1;
    n = nEnd + 1;
  }
}

/** Is there a topic that both filters match? As in {@link covers}, names of shares play no part. */
export function overlaps(one: string, other: string): boolean {
  let a = filterStart(one);
  let b = filterStart(other);
  if (a === -1 || b === -1) return false;
  if (isWildcard(one.charCodeAt(a)) && other.charCodeAt(b) === DOLLAR) return false;
  if (isWildcard(other.charCodeAt(b)) && one.charCodeAt(a) === DOLLAR) return false;
  for (;;) {
    const codeA = one.charCodeAt(a);
    const codeB = other.charCodeAt(b);
    if (codeA === HASH || codeB === HASH) return true;
    const aEnd = levelEnd(one, a);
    const bEnd = levelEnd(other, b);
    if (codeA !== PLUS && codeB !== PLUS && !sameLevel(one, a, aEnd, other, b, bEnd)) return false;
    if (aEnd === one.length) return bEnd === other.length || isParentOfHash(other, bEnd);
    if (bEnd === other.length) return isParentOfHash(one, aEnd);
    a = aEnd + 1;
    b = bEnd + 1;
  }
}

function isWildcard(code: number): boolean {
  return code === PLUS || code === HASH;
}

function levelEnd(text: string, start: number): number {
  const end = text.indexOf('/', start);
  return end === -1 ? text.length : end;
}

/** Does `/#` follow, and nothing else? Then the filter matches what ends here. */
function isParentOfHash(filter: string, at: number): boolean {
  return at === filter.length - 2 && filter.charCodeAt(at) === SLASH && filter.charCodeAt(at + 1) === HASH;
}

function sameLevel(
  a: string,
  aStart: number,
  aEnd: number,
  b: string,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) {
    if (a.charCodeAt(i) !== b.charCodeAt(j)) return false;
  }
  return true;
}
