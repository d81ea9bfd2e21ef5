// The session on the broker that collects dead letters: what it holds is looked at without being acknowledged, so it stays.
import { DEAD_LETTER_PREFIX, isMarked } from '../../app/policies/dead-letter.js';
import type { Client, Message } from '../../client/index.js';
import { systemClock } from '../../time/index.js';
import { matches, validateTopicFilter } from '../../topics/index.js';
import { quote } from '../../topics/topic-error.js';
import { entryOf } from '../addressing/entry-of.js';
import { prefixed } from '../addressing/subject.js';
import { Failure } from '../command.js';
import { brokerFailure, ofBroker } from '../connection/broker-failure.js';
import { type Connected, openConnection } from '../connection/open-connection.js';
import type { Entry } from '../entry/load-entry.js';
import type { Host } from '../host.js';
import { type Letter, letterOf } from './letter.js';
import { LIMIT, type SessionGiven } from './options.js';

/** As a session expiry: for ever. */
const NEVER = 0xffff_ffff;

/** What one call works on. */
export interface Collected {
  readonly client: Client;
  readonly protocolVersion: 4 | 5;
  readonly entry: Entry | undefined;
  /** Of the application, with its slash, or empty. */
  readonly prefix: string;
  /** Everything that the session holds, up to the limit, unacknowledged. */
  readonly letters: readonly Letter[];
}

interface Search {
  readonly clientId: string;
  readonly prefix: string;
  readonly filter: string;
  readonly limit: number;
  /** Milliseconds. */
  readonly wait: number;
}

/** Collects, lets `work` do its work, and leaves; the session stays. `command` is how the call names itself. */
export async function withLetters(
  command: string,
  given: SessionGiven,
  host: Host,
  work: (collected: Collected) => Promise<number>,
): Promise<number> {
  const entry = await entryOf(given, host);
  const search = searchOf(given, entry);
  const { clientId, limit, prefix } = search;
  const connected = await openConnection(given, host, {
    clientId,
    cleanStart: false,
    sessionExpiryInterval: NEVER,
    receiveMaximum: limit,
    receiveMaximumExceeded: 'pause',
    // In order, one that stays would keep back the acknowledgements of those behind it.
    ackOrder: 'unordered',
    reconnect: false,
  });
  const { client, protocolVersion } = connected;
  try {
    const messages = await collect(connected, search);
    for (const sentence of newsOf(connected, search, messages.length))
      host.stderr.write(`${command}: ${sentence}\n`);
    const letters = messages.map((message, at) => letterOf(message, at + 1, prefix));
    const code = await work({ client, protocolVersion, entry, prefix, letters });
    await ofBroker(client.disconnect());
    return code;
  } finally {
    await client.close();
  }
}

/** The name of the session, one for each prefix, and that prefix. */
export function sessionOf(
  given: Pick<SessionGiven, 'client-id' | 'prefix'>,
  entry: Entry | undefined,
): Pick<Search, 'clientId' | 'prefix'> {
  const prefix = entry?.app.prefix.text ?? prefixed(given.prefix ?? '', '');
  const levels = prefix.split('/').filter((level) => level !== '');
  return { prefix, clientId: given['client-id'] ?? ['topicwise-dlq', ...levels].join('-') };
}

function searchOf(given: SessionGiven, entry: Entry | undefined): Search {
  const session = sessionOf(given, entry);
  const filter = given.letters ?? `${session.prefix}${DEAD_LETTER_PREFIX}#`;
  const wrong = validateTopicFilter(filter);
  if (wrong !== undefined) throw new Failure(wrong);
  return { ...session, filter, limit: given.limit ?? LIMIT, wait: given.wait ?? 1_000 };
}

async function collect(
  { client, protocolVersion }: Connected,
  { clientId, prefix, filter, limit, wait }: Search,
): Promise<Message[]> {
  const usual = `${prefix}${DEAD_LETTER_PREFIX}#`;
  const found: Message[] = [];
  const quiet = new AbortController();
  const messages = client.messages({ signal: quiet.signal });
  await ofBroker(
    client.subscribe({
      filter,
      maximumQoS: 1,
      // Retained ones once, as all others. MQTT 3.1.1 sends them each time.
      ...(protocolVersion === 5 && { retainHandling: 'send-if-new' }),
    }),
  );
  // The broker sends what waits by itself, and nothing says which is the last.
  while (found.length < limit) {
    const cancel = systemClock.setTimer(wait, () => quiet.abort());
    try {
      const { done, value: message } = await messages.next();
      if (done) break;
      if (!isMarked(message) && ![filter, usual].some((each) => matches(each, message.topic)))
        throw notOurs(clientId, message.topic);
      found.push(message);
    } catch (error) {
      if (quiet.signal.aborted) break;
      throw brokerFailure(error);
    } finally {
      cancel();
    }
  }
  return found;
}

function notOurs(clientId: string, topic: string): Failure {
  return new Failure(
    `The session ${quote(clientId)} holds ${quote(topic)}, which is no dead letter: it is the session of something else. Nothing was acknowledged. Write another --client-id.`,
  );
}

function newsOf(
  { sessionPresent, sessionExpiryInterval, protocolVersion }: Connected,
  { clientId, limit }: Search,
  count: number,
): string[] {
  const news: string[] = [];
  if (!sessionPresent)
    news.push(
      `The session ${quote(clientId)} begins now: the broker keeps dead letters in it from here on. Earlier ones are not there.`,
    );
  if (sessionExpiryInterval < NEVER)
    news.push(`The broker keeps it for ${sessionExpiryInterval} s after a call, no longer.`);
  if (count === limit)
    news.push('There may be more behind these: they come once these are gone, or with a higher --limit.');
  else if (protocolVersion === 4 && count > 0)
    news.push(
      'On MQTT 3.1.1 a broker may show only some at once (mosquitto: 20), and the next once these are gone.',
    );
  return news;
}
