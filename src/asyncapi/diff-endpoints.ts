// How the same operation on the same topic differs in two documents, from the view of those at the other end.
import { type SchemaChange, schemaChanges } from './diff-schemas.js';
import type { JsonObject } from './json-object.js';
import type { Endpoint, Message } from './read-endpoints.js';

/** Takes a change: whether it breaks who is at the other end, and a sentence. */
export type Report = (isBreaking: boolean, sentence: string) => void;

/** `in`: others write what we read. `out`: we write what others read. */
type Direction = 'in' | 'out';

interface Documents {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

export function titleOf({ action, address }: Pick<Endpoint, 'action' | 'address'>): string {
  return `${action === 'receive' ? 'receive on' : 'send to'} "${address}"`;
}

export function diffEndpoints(before: Endpoint, after: Endpoint, documents: Documents, report: Report): void {
  const say: Report = (isBreaking, sentence) => report(isBreaking, `${titleOf(after)}: ${sentence}`);
  const direction = after.action === 'receive' ? 'in' : 'out';
  diffDelivery(before, after, say);
  diffParameters(before, after, direction, documents, say);
  diffMessages(before.messages, after.messages, direction, 'payload', documents, say);
  diffReply(before, after, direction, documents, say);
}

function diffDelivery(before: Endpoint, after: Endpoint, say: Report): void {
  if (before.qos !== after.qos)
    say(after.qos < before.qos, `the QoS is ${after.qos} now, not ${before.qos}.`);
  if (after.action === 'send') {
    if (before.retain && !after.retain) say(true, 'messages are no longer retained.');
    if (!before.retain && after.retain) say(false, 'messages are retained now.');
    const expiry = { before: before.messageExpiryInterval, after: after.messageExpiryInterval };
    if (expiry.before !== expiry.after) {
      const now = expiry.after === Infinity ? 'no longer expire' : `expire after ${expiry.after} s now`;
      say(expiry.after < expiry.before, `messages ${now}.`);
    }
  }
  if (before.shares.join() !== after.shares.join()) {
    say(false, `it is shared as ${shownNames(after.shares)} now, not as ${shownNames(before.shares)}.`);
  }
  if ([...before.operations].sort().join() !== [...after.operations].sort().join()) {
    say(false, `this is ${shownNames(after.operations)} now, not ${shownNames(before.operations)}.`);
  }
}

function diffParameters(
  before: Endpoint,
  after: Endpoint,
  direction: Direction,
  documents: Documents,
  say: Report,
): void {
  for (const [at, parameter] of after.parameters.entries()) {
    const former = before.parameters[at];
    // Addresses of the same levels have as many; a channel that moved may have others.
    if (!former) continue;
    if (former.name !== parameter.name) {
      say(false, `the parameter "${former.name}" is called "${parameter.name}" now.`);
    }
    sayChanges(
      schemaChanges(
        { schema: former.schema, document: documents.before },
        { schema: parameter.schema, document: documents.after },
      ),
      direction,
      `the parameter "${parameter.name}"`,
      say,
    );
  }
}

function diffMessages(
  before: readonly Message[],
  after: readonly Message[],
  direction: Direction,
  noun: 'payload' | 'reply',
  documents: Documents,
  say: Report,
): void {
  const left = before.filter(({ name }) => !after.some((other) => other.name === name));
  const right = after.filter(({ name }) => !before.some((other) => other.name === name));
  for (const message of after) {
    // What has another name now, at the same place among those that have, is taken for the same.
    const former = before.find(({ name }) => name === message.name) ?? left[right.indexOf(message)];
    if (former) diffMessage(former, message, direction, noun, documents, say);
    else
      say(
        direction === 'out',
        `it ${direction === 'in' ? 'takes' : 'sends'} the message "${message.name}" too now.`,
      );
  }
  for (const { name } of left.slice(right.length)) {
    say(true, `it no longer ${direction === 'in' ? 'takes' : 'sends'} the message "${name}".`);
  }
}

function diffMessage(
  before: Message,
  after: Message,
  direction: Direction,
  noun: 'payload' | 'reply',
  documents: Documents,
  say: Report,
): void {
  diffContentTypes(before, after, direction, noun, say);
  for (const [part, what] of [
    ['payload', `the ${noun}`],
    ['headers', `the user properties of the ${noun}`],
  ] as const) {
    const changes = schemaChanges(
      { schema: before[part], document: documents.before },
      { schema: after[part], document: documents.after },
    );
    sayChanges(changes, direction, what, say);
  }
  if (!before.isDeprecated && after.isDeprecated)
    say(false, `the message "${after.name}" is deprecated now.`);
}

function diffContentTypes(
  before: Message,
  after: Message,
  direction: Direction,
  noun: 'payload' | 'reply',
  say: Report,
): void {
  // A sender uses the first; a reader takes all.
  const count = direction === 'out' ? 1 : Infinity;
  const one = before.contentTypes.slice(0, count);
  const other = after.contentTypes.slice(0, count);
  const lost = one.filter((type) => !other.includes(type));
  const gained = other.filter((type) => !one.includes(type));
  if (lost.length > 0) say(true, `the ${noun} is no longer ${lost.join(' or ')}${instead(gained)}.`);
  else if (gained.length > 0) say(false, `the ${noun} can be ${gained.join(' or ')} now.`);
}

function instead(gained: readonly string[]): string {
  return gained.length > 0 ? `, but ${gained.join(' or ')}` : '';
}

function diffReply(
  before: Endpoint,
  after: Endpoint,
  direction: Direction,
  documents: Documents,
  say: Report,
): void {
  if (before.reply && after.reply) {
    const back = direction === 'in' ? 'out' : 'in';
    diffMessages(before.reply, after.reply, back, 'reply', documents, say);
  } else if (before.reply) say(direction === 'in', 'there is no reply any more.');
  else if (after.reply)
    say(direction === 'out', `a reply is ${direction === 'in' ? 'given' : 'asked for'} now.`);
}

/** Who reads can break by taking less, who writes by writing more or other things. */
function sayChanges(
  changes: readonly SchemaChange[],
  direction: Direction,
  whole: string,
  say: Report,
): void {
  for (const { place, effect, what } of changes) {
    const isBreaking = effect === 'different' || effect === (direction === 'in' ? 'narrower' : 'wider');
    say(isBreaking, `${place === '' ? whole : `"${place}" of ${whole}`} ${what}.`);
  }
}

function shownNames(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(' and ');
}
