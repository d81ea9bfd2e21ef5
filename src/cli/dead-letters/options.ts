import { entryOptions } from '../addressing/options.js';
import { flag, type OptionValues, value } from '../command.js';
import { connectionOptions } from '../connection/options.js';
import { readDuration } from '../read-duration.js';

/** Dead letters that a call looks at, unless `--limit` says otherwise. */
export const LIMIT = 1_000;

export const sessionOptions = {
  letters: value({
    shown: '<filter>',
    summary: 'where dead letters go (default: dead-letter/#, behind the prefix)',
    takes: "a filter, such as 'failed/#'",
    read: (text) => text || undefined,
  }),
  wait: value({
    shown: '<time>',
    summary: 'how long nothing must come until these are all (default: 1s)',
    takes: 'a time, such as 500ms or 5s',
    read: readDuration,
  }),
  limit: value({
    shown: '<number>',
    summary: `look at so many at most (default: ${LIMIT})`,
    takes: 'a number from 1 to 65535',
    read: (text) => (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  }),
  json: flag('print JSON, an object a line'),
  ...entryOptions,
  ...connectionOptions,
  'client-id': value({
    shown: '<name>',
    summary: 'the name of the session that collects them (default: topicwise-dlq, and the prefix)',
    takes: 'the name of a client',
    read: (text) => text || undefined,
  }),
};
export type SessionGiven = OptionValues<typeof sessionOptions>;

export const filterOptions = {
  topic: value({
    shown: '<filter>',
    summary: 'those whose message came on such a topic',
    takes: "a filter, such as 'sensors/#'",
    read: (text) => text || undefined,
  }),
  handler: value({
    shown: '<name>',
    summary: 'those of this handler',
    takes: 'the name of a handler, such as SensorController.onReading',
    read: (text) => text || undefined,
  }),
  error: value({
    shown: '<name>',
    summary: 'those with an error of this name',
    takes: 'the name of an error, such as TypeError',
    read: (text) => text || undefined,
  }),
};
export type FilterGiven = OptionValues<typeof filterOptions>;

/** Sentences that every help of these commands ends with. */
export const sessionNotes = [
  'MQTT has no queue to look into. The first call makes a session of its own on the broker, which keeps the dead letters that are',
  'published from then on; earlier ones are not there. What a call does not acknowledge stays, in the same order.',
  'The session lasts until purge --end-session, as far as the broker lets it; a broker drops what is beyond its limit for waiting messages.',
].join('\n');
