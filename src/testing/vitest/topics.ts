import { matches, validateTopicFilter } from '../../topics/index.js';
import type { Topics } from './matchers.js';

/** Whether a topic is one of those that are meant. */
export function isOn(on: Topics | undefined, topic: string): boolean {
  if (on === undefined) return true;
  if (typeof on === 'string') return matches(on, topic);
  return 'address' in on ? on.address === topic : matches(on.filter, topic);
}

/** What matches no topic would make `not` pass whatever happened. Throws a TypeError for it. */
export function checkTopics(matcher: string, on: Topics | undefined): void {
  const wrong = typeof on === 'string' ? validateTopicFilter(on) : undefined;
  if (wrong !== undefined) throw new TypeError(`${matcher}: ${wrong}`);
}

/** ` on "a/b"`, as a sentence goes on. */
export function onText(on: Topics | undefined): string {
  if (on === undefined) return '';
  return ` on "${typeof on === 'string' ? on : 'address' in on ? on.address : on.pattern}"`;
}
