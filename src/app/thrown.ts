/** What is thrown may be anything, and to read it may throw again. */
export function describeThrown(thrown: unknown): { readonly name: string; readonly message: string } {
  try {
    if (thrown instanceof Error) return { name: `${thrown.name}`, message: `${thrown.message}` };
    return { name: typeof thrown, message: String(thrown) };
  } catch {
    return { name: typeof thrown, message: 'It has no text.' };
  }
}
