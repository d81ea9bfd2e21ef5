/** A length of time: milliseconds, or a number with its unit. */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h`;

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `'250ms'`, `'5s'`, `'1.5m'`, `'2h'` or a plain number. Throws a RangeError for anything else. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0) return duration;
  } else {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration) ?? [];
    if (amount !== undefined && unit !== undefined) return Number(amount) * milliseconds[unit]!;
  }
  throw new RangeError(
    `${typeof duration === 'string' ? `'${duration}'` : String(duration)} is no duration. Write milliseconds as a number that is not negative, or '250ms', '5s', '1.5m', '2h'.`,
  );
}
