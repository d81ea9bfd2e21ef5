export interface DrawerStatus {
  readonly drawer: string;
  readonly pairs: number;
}

/** What the household knows of its socks. A jammed drawer takes nothing until it is mended, like a database that is down. */
export class SockRepository {
  readonly #statuses = new Map<number, DrawerStatus>();
  readonly #seen = new Set<number>();
  #jammed: string | undefined;

  async save(message: number, status: DrawerStatus): Promise<void> {
    // As with a real store the answer comes later, and it may be an error.
    await new Promise((resolve) => setImmediate(resolve));
    if (status.drawer === this.#jammed) throw new Error(`the drawer '${status.drawer}' is jammed`);
    this.#statuses.set(message, status);
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

  jam(drawer: string): void {
    this.#jammed = drawer;
  }

  mend(): void {
    this.#jammed = undefined;
  }
}
