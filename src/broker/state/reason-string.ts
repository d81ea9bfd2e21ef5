const LONGEST = 300;

/** A reason as a string of MQTT, one line at most: some quote what a client sent or what a hook threw. */
export function reasonString(reason: string): string {
  const line = reason.length <= LONGEST ? reason : `${reason.slice(0, LONGEST - 1)}…`;
  // U+0000 is not allowed, and half of a pair of surrogates, as the cut may leave one, has no UTF-8.
  return line.replace(/[\0\p{Surrogate}]/gu, '\u{fffd}');
}
