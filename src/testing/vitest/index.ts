import { expect } from 'vitest';
import { toHaveAcked, toHaveRejectedWith } from './acknowledged.js';
import type { TopicwiseMatchers } from './matchers.js';
import { toHavePublished } from './published.js';
import { toHaveSubscribed } from './subscribed.js';

expect.extend({ toHaveAcked, toHaveRejectedWith, toHavePublished, toHaveSubscribed });

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration that this one adds to has it
  interface Matchers<T = any> extends TopicwiseMatchers<T> {}
}

export type { Topics, TopicwiseMatchers } from './matchers.js';
