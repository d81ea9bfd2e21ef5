import type { TopicPrefix } from '../../app/routes/topic-prefix.js';
import { matches, validateTopicFilter } from '../../topics/index.js';
import type { Topics } from './matchers.js';

/** Those that are meant, as the broker knows them: contracts know nothing of a prefix, a topic or filter is written with it. */
export function filterOf(on: Topics, prefix: TopicPrefix): string {
  if (typeof on === 'string') return on;
  return prefix.add('address' in on ? on.address : on.filter);
}

/** Whether a topic is one of those that are meant. */
export function isOn(on: Topics | undefined, topic: string, prefix: TopicPrefix): boolean {
  return on === undefined || matches(filterOf(on, prefix), topic);
}

/** What matches no topic would make `not` pass whatever happened. Throws a TypeError for it. */
export function checkTopics(matcher: string, on: Topics | undefined): void {
  const wrong = typeof on === 'string' ? validateTopicFilter(on) : undefined;
  if (wrong !== undefined) throw new TypeError(`${matcher}: ${wrong}`);
}

/** ` on "a/b"`, as a sentence goes on. */
export function onText(on: Topics | undefined, prefix: TopicPrefix): string {
  if (on === undefined) return '';
  const meant = typeof on === 'string' ? on : prefix.add('address' in on ? on.address : on.pattern);
  return ` on "${meant}"`;
}
