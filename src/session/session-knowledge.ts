/**
 * How well the session that the server has is known here. `strange`: it has one, and nothing is known of it. `doubtful`: it may be another one than is
 * known here, and the server would say nothing of it. `lost`: the server has begun another one, and what is known of the old one is not put away yet.
 */
export type Knowledge = 'strange' | 'doubtful' | 'known' | 'lost';

export class SessionKnowledge {
  #knowledge: Knowledge = 'strange';

  get current(): Knowledge {
    return this.#knowledge;
  }

  /** An earlier process knew it; what the server has begun since, nobody here does. */
  restored(): void {
    this.#knowledge = 'doubtful';
  }

  /** A CONNECT had no answer: the server may have begun a session on it. */
  unanswered(): void {
    if (this.#knowledge === 'known') this.#knowledge = 'doubtful';
  }

  /** CONNACK said that there is no session. */
  lost(): void {
    this.#knowledge = 'lost';
  }

  /** What is known here is what the server has. */
  agreed(): void {
    this.#knowledge = 'known';
  }
}
