import type { AnyTopic, Target, TopicDef } from '../../contracts/index.js';
import type { QoS } from '../../packets/packet.js';
import type { Delivery } from '../delivery.js';
import type { FakeBroker } from '../fake-broker.js';
import type { TestApp } from '../test-app.js';

/** Which topics: a topic or filter as the broker knows it, all of a contract, or one of its topics; of an application, those below its prefix. */
export type Topics = string | AnyTopic | Target<never>;

export interface Times {
  /** Exactly so often. Default: at least once. */
  readonly times?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: only what a handler reads is of interest
type OutOf<T> = T extends TopicDef<any, any, infer Out, any> ? Out : never;

interface HavePublished {
  /** A text is compared as UTF-8, bytes as they are, anything else as JSON. */
  (topic: string, payload?: string | Uint8Array | object | number | boolean | null, options?: Times): void;
  /** The payload as a handler would read it. */
  <T extends AnyTopic>(contract: T, payload?: OutOf<T>, options?: Times): void;
  /** The payload as it was handed to be published. */
  <In>(target: Target<In>, payload?: NoInfer<In>, options?: Times): void;
}

/** What this entry point adds to `expect(...)`, for subjects that it makes sense of. */
export interface TopicwiseMatchers<T> {
  /**
   * A delivery was acknowledged with a code below 0x80; or the broker's clients, or the application, acknowledged so what the broker delivered on these
   * topics (default: on any).
   */
  toHaveAcked: T extends Delivery
    ? (options?: Times) => void
    : T extends FakeBroker | TestApp
      ? (on?: Topics, options?: Times) => void
      : never;
  /** The same with exactly this code, from 0x80. MQTT 3.1.1 has none. */
  toHaveRejectedWith: T extends Delivery
    ? (reasonCode: number) => void
    : T extends FakeBroker | TestApp
      ? (reasonCode: number, on?: Topics) => void
      : never;
  /** A client of the broker's, or the application, published on these topics, and the broker took it; with this payload, if there is one given. */
  toHavePublished: T extends FakeBroker | TestApp ? HavePublished : never;
  /** A session of the broker, or the application's, has a subscription with exactly this filter; granted at this QoS, if there is one given. */
  toHaveSubscribed: T extends FakeBroker | TestApp
    ? (filter: string | AnyTopic, options?: { qos?: QoS }) => void
    : never;
}
