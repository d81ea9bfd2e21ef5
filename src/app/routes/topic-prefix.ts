import { validateTopicName } from '../../topics/index.js';

/** What stands before every topic of an application but those that start with `$`. */
export class TopicPrefix {
  /** Empty, or with a slash at its end. */
  readonly text: string;

  /** One that is not legal counts for none: the start fails with its findings. */
  constructor(written: unknown = '') {
    const text = prefixFindings(written).length === 0 ? String(written) : '';
    this.text = text === '' || text.endsWith('/') ? text : `${text}/`;
  }

  /** A topic or pattern as the broker knows it. */
  add(topic: string): string {
    return topic.startsWith('$') ? topic : this.text + topic;
  }

  /** A topic as the application's contracts know it. One without the prefix stays as it is. */
  strip(topic: string): string {
    return topic.startsWith(this.text) ? topic.slice(this.text.length) : topic;
  }
}

/** Why the option `prefix` can't be put before topics. */
export function prefixFindings(prefix: unknown): string[] {
  if (prefix === undefined || prefix === '') return [];
  if (typeof prefix !== 'string')
    return [`prefix is of type ${typeof prefix}. Write a text, such as 'site-a'.`];
  if (prefix.startsWith('$share/'))
    return [`prefix: ${JSON.stringify(prefix)} is a share. Use the option share instead.`];
  const wrong = validateTopicName(prefix);
  return wrong ? [`prefix: ${wrong}`] : [];
}
