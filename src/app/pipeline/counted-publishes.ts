/** What a handler publishes through its message: the settlement waits for all of it. */
export class CountedPublishes {
  readonly #arrived: () => void;
  readonly #failed: (error: unknown, isLate: boolean) => void;
  #pending = 0;
  /** Goes up when what is under way no longer counts. */
  #epoch = 0;

  /** `arrived` is called after each, `failed` before that with the reason; `isLate`: it did not count any more. */
  constructor(arrived: () => void, failed: (error: unknown, isLate: boolean) => void) {
    this.#arrived = arrived;
    this.#failed = failed;
  }

  get pending(): number {
    return this.#pending;
  }

  add(publishing: Promise<unknown>): void {
    const epoch = this.#epoch;
    this.#pending++;
    publishing.then(
      () => this.#over(epoch),
      (error: unknown) => {
        this.#failed(error, epoch !== this.#epoch);
        this.#over(epoch);
      },
    );
  }

  /** Nothing that is under way is waited for any more. */
  forget(): void {
    this.#epoch++;
    this.#pending = 0;
  }

  #over(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#pending--;
    this.#arrived();
  }
}
