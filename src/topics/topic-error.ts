/** A topic, filter, pattern or contract that is not legal; the message says why and what to write instead. */
export class TopicError extends Error {
  readonly kind = 'topic';
  /** The text that was refused. */
  readonly topic: string;
  constructor(topic: string, message: string) {
    super(message);
    this.topic = topic;
  }
  override get name(): string {
    return 'TopicError';
  }
}

/** Quotes a topic for a sentence: control characters escaped, a long one cut. */
export function quote(topic: string): string {
  const shown = topic.length > 80 ? `${topic.slice(0, 77)}...` : topic;
  // JSON leaves DEL and the C1 controls as they are, and a terminal would obey them.
  return JSON.stringify(shown).replace(/[\u007f-\u009f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}
