import type { StandardSchemaV1 } from '@standard-schema/spec';

/** One thing that is wrong with a message. */
export interface MessageIssue {
  /** Where in the value, from the outside in; empty for the value as a whole. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Characters of one issue that the sentence shows; `issues` has it whole. */
const LONGEST_ISSUE = 300;

/**
 * A message that does not fit its contract: it came so, or it was about to be published so. It will not fit on the next try either.
 * Its sentence is short and legal in MQTT whatever the sender put into the message: it goes back as the reason string.
 */
export class InvalidMessage extends Error {
  /** What of it: `reply` is the answer to a request, whatever is wrong with it. */
  readonly part: 'payload' | 'params' | 'content-type' | 'reply';
  /** Everything that is wrong, as the schema or the codec says it. */
  readonly issues: readonly MessageIssue[];

  /** `what` is the sentence up to the colon; the issues complete it. */
  constructor(
    part: InvalidMessage['part'],
    what: string,
    issues: readonly MessageIssue[],
    options?: ErrorOptions,
  ) {
    super(
      legible(`${what}: ${issues.slice(0, 5).map(shown).join('; ')}${more(issues.length - 5)}.`),
      options,
    );
    this.part = part;
    this.issues = issues;
  }

  override get name(): string {
    return 'InvalidMessage';
  }
}

/** The issues of a schema library in one form: a path of keys, whatever segments it came in. */
export function issuesOf(
  failure: StandardSchemaV1.FailureResult,
  base: readonly PropertyKey[] = [],
): MessageIssue[] {
  return failure.issues.map(({ path = [], message }) => ({
    // Not its own map(): arktype's paths are arrays of a class that takes a length of 0 for a segment.
    path: [...base, ...Array.from(path, (segment) => (typeof segment === 'object' ? segment.key : segment))],
    message,
  }));
}

function shown({ path, message }: MessageIssue): string {
  // A message that ends like a sentence would read "...; at: Required.."
  const text = message.replace(/\.$/, '');
  const whole = path.length === 0 ? text : `${path.map(String).join('.')}: ${text}`;
  return whole.length > LONGEST_ISSUE ? `${whole.slice(0, LONGEST_ISSUE - 1)}…` : whole;
}

/** Control characters and halves of surrogate pairs, which a name or value of the sender may bring, escaped. */
function legible(sentence: string): string {
  return sentence.replace(/[\p{Cc}\p{Cs}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function more(count: number): string {
  return count > 0 ? `; and ${count} more` : '';
}
