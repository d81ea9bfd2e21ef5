export interface DrawerStatus {
  readonly drawer: string;
  readonly pairs: number;
}

/** A drawer that takes nothing, like a database that is down. */
export const jammedDrawer = 'attic';
/** A drawer that opens at the second pull. */
export const stiffDrawer = 'shed';

/** What the household knows of its socks. */
export class SockRepository {
  readonly #statuses = new Map<number, DrawerStatus>();
  readonly #pulls = new Map<number, number>();
  readonly #seen = new Set<number>();

  async save(message: number, status: DrawerStatus): Promise<void> {
    const { drawer } = status;
    const pulls = this.pulls(message) + 1;
    this.#pulls.set(message, pulls);
    // As with a real store the answer comes later, and it may be an error.
    await new Promise((resolve) => setImmediate(resolve));
    if (drawer === jammedDrawer) throw new Error(`the drawer '${drawer}' is jammed`);
    if (drawer === stiffDrawer && pulls === 1) throw new Error(`the drawer '${drawer}' is stiff`);
    this.#statuses.set(message, status);
  }

  /** How often the status of a message was to be saved. */
  pulls(message: number): number {
    return this.#pulls.get(message) ?? 0;
  }

  see(message: number): void {
    this.#seen.add(message);
  }

  isSaved(message: number): boolean {
    return this.#statuses.has(message);
  }

  isSeen(message: number): boolean {
    return this.#seen.has(message);
  }
}
