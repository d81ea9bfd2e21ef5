/** Ends the process once everything is printed: what an application keeps open must not keep it alive. */
export async function ended(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  process.exit(code);
}
