/**
 * How well the session that the server has is known here. `strange`: it has one, and nothing is known of it. `doubtful`: it may be another one than is
 * known here, and the server would say nothing of it.
 */
export class SessionKnowledge {
  #standing: 'strange' | 'doubtful' | 'known' = 'strange';

  /** An earlier process knew it; what the server has begun since, nobody here does. */
  restored(): void {
    this.#standing = 'doubtful';
  }

  /** A CONNECT had no answer: the server may have begun a session on it. */
  unanswered(): void {
    if (this.#standing === 'known') this.#standing = 'doubtful';
  }

  /** CONNACK came: from now on it is known. Returns how it was until then. */
  answered(): 'strange' | 'doubtful' | 'known' {
    const before = this.#standing;
    this.#standing = 'known';
    return before;
  }
}
