import type { Message as ReceivedMessage } from '../../client/message.js';
import { DEAD_LETTER_PREFIX, isMarked } from './dead-letter.js';

/** Topics that functions of policies named and that are known again: the latest ones. */
const MAXIMUM_CHOSEN = 1_000;

export interface DeadLetterTopicsOptions {
  /** How everything begins that the application publishes, or nothing. */
  readonly prefix: string;
  /** MQTT 5 marks a dead letter with a user property; MQTT 3.1.1 has only the topic. */
  readonly protocolVersion: 4 | 5;
  /** With the prefix: those that the policies of the application name. */
  readonly named: Iterable<string>;
}

/** Tells the dead letters of an application from other messages: else a catch-all that fails would get, and publish, its own for ever. */
export class DeadLetterTopics {
  /** Where they go whose policy names no topic. */
  readonly start: string;
  readonly #tells: boolean;
  readonly #named: ReadonlySet<string>;
  readonly #chosen = new Set<string>();

  constructor({ prefix, protocolVersion, named }: DeadLetterTopicsOptions) {
    this.start = prefix + DEAD_LETTER_PREFIX;
    this.#tells = protocolVersion === 4;
    this.#named = new Set(named);
  }

  /** Whether it was published as a dead letter. */
  includes(message: Pick<ReceivedMessage, 'topic' | 'userProperties'>): boolean {
    const { topic } = message;
    if (topic.startsWith(this.start) || isMarked(message)) return true;
    return this.#tells && (this.#named.has(topic) || this.#chosen.has(topic));
  }

  /** A dead letter goes there: a function of its policy says so. */
  choose(topic: string): void {
    if (!this.#tells || topic.startsWith(this.start)) return;
    // Again: it becomes the latest.
    this.#chosen.delete(topic);
    this.#chosen.add(topic);
    if (this.#chosen.size <= MAXIMUM_CHOSEN) return;
    const [oldest] = this.#chosen;
    if (oldest !== undefined) this.#chosen.delete(oldest);
  }
}
