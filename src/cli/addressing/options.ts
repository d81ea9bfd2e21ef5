import { type OptionValues, oneOf, value, values } from '../command.js';

export const entryOptions = {
  entry: value({
    shown: '<file>',
    summary: 'the file that exports the application, for its contracts and prefix',
    takes: 'a file, such as src/app.ts',
    read: (text) => text || undefined,
  }),
  app: value({
    shown: '<name>',
    summary: 'the name of the export, where the file has several applications',
    takes: 'the name of an export',
    read: (text) => text || undefined,
  }),
  prefix: value({
    shown: '<topic>',
    summary: 'put before the topic, where there is no entry',
    takes: 'the beginning of a topic, such as site-a',
    read: (text) => text || undefined,
  }),
};

export const subjectOptions = {
  ...entryOptions,
  param: values({
    shown: '<name>=<value>',
    summary: 'a parameter of the contract',
    takes: 'a name and a value, such as id=7',
    read: pair,
  }),
};
export type SubjectGiven = OptionValues<typeof subjectOptions>;

/** What a message is published with. */
export const messageOptions = {
  qos: oneOf(['0', '1', '2'], {
    shown: '<number>',
    summary: "the quality of service: 0, 1 or 2 (default: the contract's, else 1)",
  }),
  property: values({
    shown: '<name>=<value>',
    summary: 'a user property; not on MQTT 3.1.1',
    takes: 'a name and a value, such as source=desk',
    read: pair,
  }),
  'content-type': value({
    shown: '<type>',
    summary: 'what the payload is called; chooses the codec where a contract has several',
    takes: 'a media type, such as application/json',
    read: (text) => text || undefined,
  }),
  expiry: value({
    shown: '<seconds>',
    summary: 'after how many seconds the broker no longer delivers it',
    takes: 'a whole number of seconds from 1 to 4294967295',
    read: (text) => (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined),
  }),
  file: value({
    shown: '<file>',
    summary: 'read the payload from a file',
    takes: 'a file',
    read: (text) => text || undefined,
  }),
};
export type MessageGiven = OptionValues<typeof messageOptions>;

export function readQoS(text: '0' | '1' | '2' | undefined): 0 | 1 | 2 | undefined {
  // One of three texts.
  return text === undefined ? undefined : (Number(text) as 0 | 1 | 2);
}

function pair(text: string): readonly [name: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}
