import { FakeBroker } from '../fake-broker.js';
import { witnessOf } from '../witness.js';

/** Lines of the transcript that a failure shows, the newest. */
const SHOWN = 60;

/** What `this` offers in a matcher, as far as it is needed here. */
export interface MatcherContext {
  readonly isNot: boolean;
  readonly utils: { stringify(value: unknown, maxDepth?: number, options?: { min: boolean }): string };
  equals(one: unknown, other: unknown): boolean;
}

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The result of a matcher. Its failure says what was wanted, what there was, and everything that went over the broker's connections. */
export function result(
  context: MatcherContext,
  pass: boolean,
  subject: object,
  wanted: string,
  found: readonly string[],
): MatcherResult {
  const message = () => {
    const list = found.length === 0 ? ' nothing' : ['', ...found].join('\n  ');
    const sentence = `Expected ${context.isNot ? 'not to find' : 'to find'} ${wanted}. There was:${list}`;
    return [sentence, ...evidence(subject)].join('\n\n');
  };
  return { pass, message };
}

/** `wanted` so often, or at least once. */
export function isCount(count: number, times: number | undefined): boolean {
  return times === undefined ? count > 0 : count === times;
}

export function timesText(times: number | undefined): string {
  if (times === undefined) return '';
  return times === 1 ? ', once' : `, ${times} times`;
}

function evidence(subject: object): string[] {
  const broker = subject instanceof FakeBroker ? subject : witnessOf(subject);
  if (broker === undefined) return ['A real broker keeps no transcript.'];
  const idle = broker.faults.unstruck.map(({ description }) => description);
  const lines = broker.transcript().split('\n');
  const shown = lines.slice(-SHOWN);
  const title = shown.length < lines.length ? `Transcript, its last ${SHOWN} lines` : 'Transcript';
  return [
    ...(idle.length > 0 ? [['Faults that never struck:', ...idle].join('\n  ')] : []),
    [`${title}:`, ...shown].join('\n  '),
  ];
}
