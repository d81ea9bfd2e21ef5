/** One line of the table. */
export interface Figure {
  readonly name: string;
  readonly value: number | string;
  /** What is wrong with it, as a sentence. */
  readonly violation?: string | undefined;
}

/** What is tried over and over again. */
export interface Area {
  /** How much of the full count: 1 is what the project promises. */
  run(scale: number): Promise<readonly Figure[]>;
}

/** At least one of `full`, however small the scale. */
export function scaled(full: number, scale: number): number {
  return Math.max(1, Math.round(full * scale));
}

/** A figure that must be zero. */
export function none(name: string, value: number, violation: string): Figure {
  return { name, value, violation: value === 0 ? undefined : violation };
}
