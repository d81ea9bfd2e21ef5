// Is a text a legal topic name or filter? MQTT 5.0 and 3.1.1, sections 1.5.4 and 4.7.
import { quote } from './topic-error.js';

/**
 * The most levels that a topic or filter may have here. MQTT has no such limit, brokers have (mosquitto: 200).
 * Matching itself takes topics of any number of levels.
 */
export const MAXIMUM_LEVELS = 200;

const MAXIMUM_BYTES = 65_535;
const NUL = 0x00;
const HASH = 0x23;
const PLUS = 0x2b;
const SLASH = 0x2f;

/**
 * Says why `topic` can't be published to, or nothing if it can.
 * `maximumLevels` is {@link MAXIMUM_LEVELS} unless told; `Infinity` leaves only what MQTT itself demands.
 */
export function validateTopicName(topic: string, maximumLevels: number = MAXIMUM_LEVELS): string | undefined {
  return isPlainTopic(topic, maximumLevels) ? undefined : wrongInTopic(topic, maximumLevels);
}

/** Hot: once per publish. True for what is legal and has ASCII only; false says nothing. */
function isPlainTopic(topic: string, maximumLevels: number): boolean {
  const length = topic.length;
  let levels = 1;
  for (let i = 0; i < length; i++) {
    const code = topic.charCodeAt(i);
    if (code === SLASH) levels++;
    else if (code >= 0x80 || code === HASH || code === PLUS || code === NUL) return false;
  }
  return length > 0 && length <= MAXIMUM_BYTES && levels <= maximumLevels;
}

function wrongInTopic(topic: string, maximumLevels: number): string | undefined {
  if (topic === '') return 'A topic must not be empty: write at least one level.';
  const wrong = validateText(topic, 'topic', maximumLevels);
  if (wrong !== undefined) return wrong;
  const at = topic.search(/[+#]/);
  if (at === -1) return undefined;
  return `The topic ${quote(topic)} contains the wildcard "${topic[at]}": wildcards belong into filters, publish to a topic without "+" and "#".`;
}

/**
 * Says why `filter` can't be subscribed to, or nothing if it can. Takes shared filters (`$share/<name>/<filter>`) too.
 * `maximumLevels` as in {@link validateTopicName}; the two levels of `$share/<name>` don't count.
 */
export function validateTopicFilter(
  filter: string,
  maximumLevels: number = MAXIMUM_LEVELS,
): string | undefined {
  if (filter === '')
    return 'A topic filter must not be empty: write at least one level, or "#" for every topic.';
  if (!filter.startsWith('$share/')) return validatePlainFilter(filter, filter, maximumLevels);
  const end = filter.indexOf('/', 7);
  if (end === -1 || end === filter.length - 1) {
    return `The shared filter ${quote(filter)} has no filter behind the share name: write "$share/<name>/<filter>".`;
  }
  if (end === 7)
    return `The shared filter ${quote(filter)} has an empty share name: write "$share/<name>/<filter>".`;
  const share = filter.slice(7, end);
  if (/[+#]/.test(share)) {
    return `The shared filter ${quote(filter)} has a wildcard in its share name: use any text without "/", "+" and "#".`;
  }
  return validatePlainFilter(filter, filter.slice(end + 1), maximumLevels);
}

function validatePlainFilter(whole: string, filter: string, maximumLevels: number): string | undefined {
  const wrong = validateText(whole, 'filter', whole === filter ? maximumLevels : maximumLevels + 2);
  if (wrong !== undefined) return wrong;
  for (let i = 0; i < filter.length; i++) {
    const code = filter.charCodeAt(i);
    if (code !== PLUS && code !== HASH) continue;
    const starts = i === 0 || filter.charCodeAt(i - 1) === SLASH;
    const ends = i === filter.length - 1 || filter.charCodeAt(i + 1) === SLASH;
    if (!starts || !ends) {
      return `The filter ${quote(whole)} has the wildcard "${filter[i]}" glued to other text: a wildcard must fill a whole level, as in "a/+/b" or "a/#".`;
    }
    if (code === HASH && i !== filter.length - 1) {
      return `The filter ${quote(whole)} has "#" before its end: "#" is only allowed as the last level, use "+" for one level in between.`;
    }
  }
  return undefined;
}

/** What topics and filters share: no NUL, well-formed Unicode, at most 65,535 bytes, a bounded number of levels. */
function validateText(text: string, what: 'topic' | 'filter', maximumLevels: number): string | undefined {
  let bytes = text.length;
  let levels = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === SLASH) levels++;
    else if (code === NUL)
      return `The ${what} ${quote(text)} contains the character U+0000, which MQTT forbids: remove it.`;
    else if (code >= 0x80) {
      bytes += code >= 0x800 ? 2 : 1;
      if (code < 0xd800 || code > 0xdfff) continue;
      const low = code < 0xdc00 ? text.charCodeAt(i + 1) : 0;
      if (!(low >= 0xdc00 && low <= 0xdfff)) {
        return `The ${what} ${quote(text)} contains half of a surrogate pair at index ${i}, which has no UTF-8: repair the text (was it cut?).`;
      }
      // The pair is four bytes for two units: the high one added two, the low one adds nothing.
      i++;
    }
  }
  if (bytes > MAXIMUM_BYTES) {
    return `The ${what} ${quote(text)} has ${bytes} bytes in UTF-8: MQTT allows ${MAXIMUM_BYTES}, make it shorter.`;
  }
  if (levels > maximumLevels) {
    return `The ${what} ${quote(text)} has ${levels} levels: at most ${maximumLevels} are allowed, use fewer "/".`;
  }
  return undefined;
}
