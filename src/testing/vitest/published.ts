import { type AnyTopic, decodePayload, InvalidMessage, type Target } from '../../contracts/index.js';
import { TestApp } from '../test-app.js';
import { witnessOf } from '../witness.js';
import { isCount, type MatcherContext, type MatcherResult, result, timesText } from './failure.js';
import type { Times } from './matchers.js';
import { brokerOrApp, prefixOf, scopeOf } from './subject.js';
import { checkTopics, isOn, onText } from './topics.js';

type On = string | AnyTopic | Target;

interface Seen {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export function toHavePublished(
  this: MatcherContext,
  received: unknown,
  on: On,
  payload?: unknown,
  { times }: Times = {},
): MatcherResult {
  const subject = brokerOrApp('toHavePublished', received);
  checkTopics('toHavePublished', on);
  const prefix = prefixOf(subject);
  const seen = publishedBy(subject).filter(({ topic }) => isOn(on, topic, prefix));
  const found = payload === undefined ? seen : seen.filter((each) => fits(this, on, each.payload, payload));
  const what = payload === undefined ? 'a message' : this.utils.stringify(payload, 10, { min: true });
  const texts = seen.map((each) => `${each.topic} ${payloadText(each.payload)}`);
  return result(
    this,
    isCount(found.length, times),
    subject,
    `${what} published${onText(on, prefix)}${timesText(times)}`,
    texts,
  );
}

/** A fake broker knows what it took over; of a real one, the application knows what was acknowledged. */
function publishedBy(subject: ReturnType<typeof brokerOrApp>): readonly Seen[] {
  if (subject instanceof TestApp && witnessOf(subject) === undefined) return subject.published('#');
  const { broker, isMeant } = scopeOf(subject);
  return broker.published.filter(isMeant);
}

function fits({ equals }: MatcherContext, on: On, bytes: Uint8Array, expected: unknown): boolean {
  return readings(on, bytes, expected).some((value) => equals(value, expected));
}

/** What the bytes may be read as. */
function readings(on: On, bytes: Uint8Array, expected: unknown): unknown[] {
  if (expected instanceof Uint8Array) return [new Uint8Array(bytes)];
  if (typeof on === 'string') {
    const text = new TextDecoder().decode(bytes);
    // A text is meant as it stands; anything else, a matcher too, may be of the text or of what JSON reads in it.
    return typeof expected === 'string' ? [text] : [text, ...json(bytes)];
  }
  // A target is compared with what was handed in, before a schema read it.
  const contract =
    'address' in on ? { ...on.contract, spec: { ...on.contract.spec, payload: undefined } } : on;
  try {
    const value = decodePayload(contract, bytes);
    if (!(value instanceof Promise)) return [value];
  } catch (error) {
    if (error instanceof InvalidMessage) return [];
    throw error;
  }
  throw new Error(
    `toHavePublished: the payload schema of "${contract.pattern}" is asynchronous. Give one of its topics, ${JSON.stringify(contract.pattern)} .to(...), instead: its payload is compared as it was published.`,
  );
}

function json(bytes: Uint8Array): unknown[] {
  try {
    return [JSON.parse(new TextDecoder().decode(bytes))];
  } catch {
    return []; // no JSON: it can't be equal to a value of it
  }
}

function payloadText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return text.length <= 200 && !/[\u{FFFD}\p{Cc}]/u.test(text) ? text : `<${bytes.length} bytes>`;
}
