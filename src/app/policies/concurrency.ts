// biome-ignore lint/suspicious/noExplicitAny: asked about messages of every route
type AnyMessage = import('../pipeline/topic-message.js').TopicMessage<any, any>;

/** How many messages a route handles at once, and in which order. */
export interface Concurrency {
  /** Handlers of the route that run at once. Default 16. */
  max?: number;
  /**
   * `topic`: in order within each concrete topic, side by side across topics. `none`: as they come. `strict`: one after the other. Or a function that names
   * what has to stay in order, such as a customer. Default 'topic'.
   */
  order?: 'topic' | 'none' | 'strict' | ((message: AnyMessage) => string);
  /** QoS 0 messages of the route that wait. Default 1,000. QoS 1 and 2 are bounded by the receive maximum. */
  queue?: number;
  /**
   * What becomes of QoS 0 messages beyond `queue`. `drop-oldest`, `drop-newest`: that one is dropped and counted. `latest`: of each key of `order`, only the newest waits. Never
   * concerns QoS 1 and 2. Default 'drop-oldest'.
   */
  overflow?: 'drop-oldest' | 'drop-newest' | 'latest';
}
