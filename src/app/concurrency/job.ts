/** Why a job was given up. `queue-full`: too many waited. `conflated`: a newer one of its key took its place, as `overflow: 'latest'` asks. */
export type GivenUp = 'queue-full' | 'conflated';

/** What {@link Lanes} run: a message on its way through one route. */
export interface Job {
  /** Jobs of the same key run one after the other, in order of arrival; undefined: beside any other. Stays the same. */
  readonly key: string | undefined;
  /** May be given up when too many wait: a QoS 0 message. */
  readonly droppable: boolean;
  /**
   * Returns whether it is done; if not, it calls `done` once, later, with itself: its place is free from then on, also where something of it still
   * runs. Must not throw.
   */
  run(done: (job: Job) => void): 'done' | 'running';
  /** Called instead of `run` when the job is given up. Must not throw. */
  drop(why: GivenUp): void;
  /** The lanes' own, while it waits: the next one of its lane. Undefined at first, like the two below. */
  behind: Job | undefined;
  /** The next older and the next newer one that waits and may be given up. */
  older: Job | undefined;
  newer: Job | undefined;
}
