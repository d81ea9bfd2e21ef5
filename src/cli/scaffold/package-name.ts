/** Why npm would not take the name for a package, or undefined if it would: the rules for new packages, without scopes. */
export function wrongPackageName(name: string): string | undefined {
  if (name.length > 214) return 'it is longer than 214 characters';
  if (name === 'node_modules' || name === 'favicon.ico') return 'it is reserved';
  if (/^[._-]/.test(name)) return `it begins with '${name[0]}'`;
  if (/[A-Z]/.test(name)) return 'it has capital letters';
  if (!/^[a-z0-9._~-]+$/.test(name))
    return "it has other characters than a to z, digits, '-', '.', '_' and '~'";
  return undefined;
}

/** A name near this one that npm takes. */
export function packageNameFrom(name: string): string {
  const proper = name
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 214);
  return wrongPackageName(proper) === undefined ? proper : 'my-app';
}
