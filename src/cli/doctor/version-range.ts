type Version = readonly [major: number, minor: number, patch: number];

/** Whether a version is in a range as this package writes them: `>=20.19`, `^0.2.2`, `^3.2.0 || ^4.0.0`. What stands behind the three numbers does not count. */
export function isWithin(version: string, range: string): boolean {
  const given = versionOf(version);
  return range.split('||').some((part) => isWithinOne(given, part.trim()));
}

function isWithinOne(given: Version, range: string): boolean {
  const least = versionOf(range.replace(/^(?:\^|>=)/, ''));
  if (compare(given, least) < 0) return false;
  if (range.startsWith('>=')) return true;
  // A caret keeps the first number that is not 0.
  const kept = least.findIndex((number) => number !== 0);
  return least.slice(0, kept + 1).every((number, at) => given[at] === number);
}

function versionOf(text: string): Version {
  const [, major, minor = 0, patch = 0] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text) ?? [];
  if (major === undefined) throw new TypeError(`'${text}' is no version.`);
  return [Number(major), Number(minor), Number(patch)];
}

function compare(one: Version, other: Version): number {
  const at = one.findIndex((number, place) => number !== other[place]);
  return at === -1 ? 0 : (one[at] as number) - (other[at] as number);
}
