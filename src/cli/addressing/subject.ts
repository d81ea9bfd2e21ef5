// What the first word of publish and request means: a contract of the application, a topic of one, or a topic alone.
import type { AnyTopic, Target } from '../../contracts/index.js';
import { InvalidMessage } from '../../contracts/index.js';
import { TopicError, validateTopicName } from '../../topics/index.js';
import { quote } from '../../topics/topic-error.js';
import { Failure, Misunderstanding } from '../command.js';
import type { Entry } from '../entry/load-entry.js';
import type { Host } from '../host.js';
import { nearest } from '../nearest.js';
import { contractsOfTopic } from './contracts-of-topic.js';
import { entryOf } from './entry-of.js';
import type { SubjectGiven } from './options.js';

/** Where a message goes. */
export interface Subject {
  /** With the prefix. */
  readonly topic: string;
  /** Undefined for a topic without a contract. */
  readonly target: Target | undefined;
}

/** Throws a Failure or a Misunderstanding: a sentence. */
export async function subjectOf(word: string, given: SubjectGiven, host: Host): Promise<Subject> {
  const entry = await entryOf(given, host);
  if (entry === undefined) return rawSubject(word, given);
  const target = targetOf(word, given, entry, `${given.entry}`);
  return { topic: entry.app.prefix.add(target.address), target };
}

function rawSubject(word: string, { prefix = '', app, param }: SubjectGiven): Subject {
  if (app !== undefined)
    throw new Misunderstanding('--app chooses among the applications of --entry <file>.');
  if (param.length > 0)
    throw new Misunderstanding(
      '--param fills the topic of a contract: name the file of the application with --entry <file>.',
    );
  const topic = prefixed(prefix, word);
  const wrong = validateTopicName(topic);
  if (wrong !== undefined) throw new Failure(wrong);
  return { topic, target: undefined };
}

/** `site-a/` and `site-a` are the same; what starts with `$` has no prefix. */
export function prefixed(prefix: string, topic: string): string {
  if (prefix === '' || topic.startsWith('$')) return topic;
  return `${prefix.endsWith('/') ? prefix : `${prefix}/`}${topic}`;
}

function targetOf(word: string, { param }: SubjectGiven, entry: Entry, file: string): Target {
  const named = entry.contracts.get(word);
  if (named) return filled(named, word, param);
  const topic = entry.app.prefix.strip(word);
  const [match] = contractsOfTopic(topic, entry.contracts);
  if (match === undefined) throw unknown(word, entry, file);
  if (param.length > 0)
    throw new Misunderstanding(`--param fills the topic of a contract, and ${quote(word)} is whole already.`);
  const wrong = validateTopicName(topic) ?? match.wrongParams;
  if (wrong !== undefined) throw new Failure(wrong);
  return { address: topic, contract: match.contract };
}

function filled(
  contract: AnyTopic,
  name: string,
  given: readonly (readonly [name: string, value: string])[],
): Target {
  const { names } = contract['~pattern'];
  for (const [param] of given) {
    if (names.includes(param)) continue;
    const near = nearest(param, names);
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new Misunderstanding(
      `'${param}' is no parameter of '${name}': ${known}.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
    );
  }
  const params = Object.fromEntries(given);
  const missing = names.filter((each) => params[each] === undefined);
  if (missing.length > 0) {
    const words = missing.map((each) => `--param ${each}=<value>`).join(' ');
    throw new Misunderstanding(`'${name}' is "${contract.pattern}": add ${words}.`);
  }
  try {
    return contract.to(params);
  } catch (error) {
    if (error instanceof TopicError || error instanceof InvalidMessage)
      throw new Failure(error.message, { cause: error });
    throw error;
  }
}

function unknown(word: string, { contracts }: Entry, file: string): Failure {
  const names = [...contracts.keys()];
  const near = nearest(word, names);
  const known =
    near !== undefined
      ? `Did you mean '${near}'?`
      : names.length === 0
        ? `${file} has none.`
        : `There are ${names.map((name) => `'${name}'`).join(', ')}.`;
  return new Failure(
    `No contract of ${file} is called ${quote(word)}, or has such a topic. ${known} Without --entry it is a topic like any other.`,
  );
}
