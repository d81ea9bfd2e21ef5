import { matches, validateTopicFilter } from '../../topics/index.js';
import { Failure, Misunderstanding } from '../command.js';
import type { Letter } from './letter.js';
import type { FilterGiven } from './options.js';
import type { Collected } from './session.js';

/** Before a session begins that is not wanted. Throws a Failure. */
export function checkFilters({ topic }: FilterGiven): void {
  const wrong = topic === undefined ? undefined : validateTopicFilter(topic);
  if (wrong !== undefined) throw new Failure(wrong);
}

/** The letters that the filters leave. Throws a Failure where MQTT 3.1.1 can't tell. */
export function filtered(
  { letters, protocolVersion, prefix }: Collected,
  { topic, handler, error }: FilterGiven,
): readonly Letter[] {
  if (protocolVersion === 4 && (handler ?? error) !== undefined)
    throw new Failure('On MQTT 3.1.1 a dead letter does not tell its handler and error: use --topic.');
  const isOn = (filter: string, name: string) =>
    matches(filter, name) || (name.startsWith(prefix) && matches(filter, name.slice(prefix.length)));
  return letters.filter(
    (letter) =>
      (topic === undefined || (letter.topic !== undefined && isOn(topic, letter.topic))) &&
      (handler === undefined || letter.handler === handler) &&
      (error === undefined || letter.error === error),
  );
}

/** The letter of a number. Throws a Failure if there is none. */
export function numbered(letters: readonly Letter[], text: string): Letter {
  const letter = /^[1-9]\d{0,8}$/.test(text) ? letters[Number(text) - 1] : undefined;
  if (letter) return letter;
  const held = letters.length === 0 ? 'none' : `1 to ${letters.length}`;
  throw new Failure(`There is no dead letter ${text}: the session holds ${held}.`);
}

export type ChoiceGiven = FilterGiven & { readonly number: string | undefined; readonly all: boolean };

/** What is to be let go of has to be said: a number, filters, or all. Throws a Misunderstanding or a Failure. */
export function checkChoice(given: ChoiceGiven): void {
  const { number, all, topic, handler, error } = given;
  const said = [number !== undefined, all, (topic ?? handler ?? error) !== undefined].filter(Boolean).length;
  if (said === 0)
    throw new Misunderstanding(
      'Which dead letters? Write a number of the list, --topic, --handler, --error or --all.',
    );
  if (said > 1) throw new Misunderstanding('Write one of these: a number, filters, or --all.');
  checkFilters(given);
}

export function chosen(collected: Collected, given: ChoiceGiven): readonly Letter[] {
  return given.number === undefined
    ? filtered(collected, given)
    : [numbered(collected.letters, given.number)];
}
