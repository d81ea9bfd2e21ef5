import type { Class } from '../app/injection/token.js';
import type { App } from '../app/lifecycle/app.js';
import type { Application } from '../app/lifecycle/application.js';
import type { Answered, PublishedByApp } from '../app/publishing/publisher.js';
import { readReply } from '../app/publishing/reply.js';
import type { TopicPrefix } from '../app/routes/topic-prefix.js';
import {
  type AnyTopic,
  contentTypeFor,
  decodePayload,
  encodePayload,
  type MessageProperties,
  type PublishOptions,
  propertiesFrom,
  type Target,
  type TopicDef,
} from '../contracts/index.js';
import type { QoS } from '../packets/packet.js';
import { machineClock, VirtualClock } from '../time/index.js';
import { matches } from '../topics/index.js';
import { type Delivery, summary } from './delivery.js';
import { DeliveryBook } from './delivery-book.js';
import type { FakeBroker } from './fake-broker.js';
import { type HandlerName, type HandlerProbe, HandlerProbes } from './handler-probes.js';
import type { LogEntry } from './recording-logger.js';
import type { DeviceMessage, TestDevice } from './test-device.js';
import { witness } from './witness.js';

/** What a delivered message says beside its payload; what it leaves out comes from the contract. */
export interface DeliverOptions extends Omit<PublishOptions, 'signal'> {
  /** Has the broker say that it may have delivered the message before, at QoS 1 and 2. Only on a FakeBroker. Default false. */
  readonly duplicate?: boolean;
}

/** A message that the application published, as its contract reads it. */
export interface Published<Params, Out> {
  readonly params: Params;
  readonly payload: Out;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties;
}

type PublishedOn<T> =
  // biome-ignore lint/suspicious/noExplicitAny: only params and payload are of interest
  T extends TopicDef<infer Params, any, infer Out, any, any, any> ? Published<Params, Out> : never;

interface Parts {
  readonly app: Application;
  readonly device: TestDevice;
  readonly fake: FakeBroker | undefined;
  readonly ownsFake: boolean;
  /** Milliseconds. */
  readonly patience: number;
  readonly probes: HandlerProbes;
  readonly logs: readonly LogEntry[];
  /** Filled as the application publishes. */
  readonly published: readonly PublishedByApp[];
}

/** An application under test, started, with a device at hand that publishes to it. */
export class TestApp implements AsyncDisposable {
  /** The copy that is under test, started. */
  readonly app: App;
  /** What the application reported, in order. */
  readonly logs: readonly LogEntry[];
  readonly #parts: Parts;
  readonly #published: readonly PublishedByApp[];
  readonly #book: DeliveryBook;

  /** Made by createTestApp. */
  constructor(parts: Parts) {
    this.app = parts.app;
    this.logs = parts.logs;
    this.#parts = parts;
    this.#published = parts.published;
    witness(this, parts.fake);
    this.#book = new DeliveryBook([parts.app.lost, parts.app.stopped]);
    parts.app.pipeline?.watch((report) => this.#book.add(report));
  }

  /** The fake broker. Throws where the test runs on a real one. */
  get broker(): FakeBroker {
    const { fake } = this.#parts;
    if (!fake)
      throw new Error(
        'This test runs on a real broker: faults, sessions and the transcript need the FakeBroker. Leave { broker: url } out.',
      );
    return fake;
  }

  /** Under which name the application is connected. */
  get clientId(): string {
    return this.#parts.app.client?.clientId ?? '';
  }

  /** The virtual clock of application and broker. Throws where time is the machine's. */
  get clock(): VirtualClock {
    const { clock } = this.#parts.app;
    if (!(clock instanceof VirtualClock))
      throw new Error(
        "This test runs on the machine's clock: virtual time needs the FakeBroker with its virtual clock.",
      );
    return clock;
  }

  /**
   * Publishes to the application as a device would, and resolves when everything that it caused has settled: over reconnects, held packets and timers
   * that were set meanwhile, for which the virtual clock moves on; keep-alive is no reason to. A handler that waits for the machine, such as a file, and has a timer
   * on the virtual clock beside it, sees that one first. Rejects where nothing settles within the `patience` and `machinePatience` of createTestApp. A value is checked and encoded by
   * its contract; bytes go out as they are, so that a test can send what does not fit. QoS and retain are the contract's unless `options` say otherwise.
   * The broker gets the message at once: while the application is not connected it waits in its session, and is `dropped` where there is none any more. After
   * a restart without sessions, or where `deliver` rejected, `await settled()` first to have the application back.
   */
  async deliver<In>(
    to: Target<In>,
    payload: NoInfer<In> | Uint8Array,
    options: DeliverOptions = {},
  ): Promise<Delivery> {
    return this.#deliver(await deviceMessage(to, payload, options, this.#parts.app.prefix));
  }

  /**
   * Publishes a request to the application as a device would, and resolves with the reply, decoded and validated by its contract, when everything has settled as with `deliver`. Rejects with `ReplyError` if
   * the handler answered with an error, with `InvalidMessage` (`part: 'reply'`) if the reply does not fit, and if there was none. The application has to be connected with MQTT 5.
   */
  async request<In, ReplyOut>(
    to: Target<In, ReplyOut> & NoInfer<Answered<ReplyOut>>,
    payload: NoInfer<In> | Uint8Array,
    options: Omit<DeliverOptions, 'retain'> = {},
  ): Promise<ReplyOut> {
    // What was added is a reason of the compiler's, and nothing at run time.
    const { contract, address: topic } = to as Target;
    if (contract.spec.reply === undefined)
      throw new TypeError(
        `"${contract.pattern}" can't be requested: it has no reply. Write defineTopic(pattern, { reply: schema }).`,
      );
    const { app, device } = this.#parts;
    const state = app.client?.state;
    if (state?.state === 'connected' && state.server.protocolVersion === 4)
      throw new Error(
        `"${topic}" can't be requested: MQTT 3.1.1 has no response topic. Connect the application with MQTT 5.`,
      );
    const message = await deviceMessage(to as Target, payload, { ...options, retain: false }, app.prefix);
    const reply = await device.request(message);
    if (reply === undefined)
      throw new Error(
        `No reply came to the request on "${topic}". Is it the topic of a handler, and did it end? What it threw is in \`logs\`.`,
      );
    // The reply's schema, whose output type ReplyOut is.
    return readReply(contract, reply) as ReplyOut | Promise<ReplyOut>;
  }

  /** Resolves once no packet is under way, no handler is running, and the application is connected; moves the virtual clock as `deliver` does. */
  settled(): Promise<void> {
    return this.#parts.device.settled();
  }

  /**
   * What the application published on the topics of a contract, in order, once the broker had taken it: requests once they were answered, and not what `clear` sent. Of a topic or filter,
   * everything as it went out.
   */
  published<T extends AnyTopic>(topic: T): readonly PublishedOn<T>[];
  published(filter: string): readonly PublishedByApp[];
  published(topic: AnyTopic | string): readonly unknown[] {
    if (typeof topic === 'string') return this.#published.filter((each) => matches(topic, each.topic));
    return this.#publishedOn(topic);
  }

  #publishedOn<T extends AnyTopic>(topic: T): readonly PublishedOn<T>[] {
    const { prefix } = this.#parts.app;
    return this.#published.flatMap((published) => {
      if (!matches(prefix.add(topic.filter), published.topic)) return [];
      const params: unknown = topic.match(prefix.strip(published.topic));
      if (params === undefined || isClearing(published)) return [];
      const payload = decodePayload(topic, published.payload, published.properties.contentType);
      if (payload instanceof Promise) {
        throw new Error(
          `The payload schema of "${topic.pattern}" is asynchronous: read what was published with app.publisher replaced, or from broker.published.`,
        );
      }
      const { qos, retain } = published;
      // The contract's own types say what its match and its schema give.
      return [
        { params, payload, qos, retain, properties: propertiesFrom(published.properties) } as PublishedOn<T>,
      ];
    });
  }

  /** The calls of a controller's handler, and the way to replace it. */
  handler<C extends object, K extends HandlerName<C>>(controller: Class<C>, method: K): HandlerProbe<C[K]> {
    return this.#parts.probes.of(controller, method);
  }

  #deliver(message: DeviceMessage): Promise<Delivery> {
    const { device, fake, patience } = this.#parts;
    return this.#book.during(message, async (awaited) => {
      const underWay = await device.publish(message);
      awaited.follow(underWay);
      // The fake broker knows when nothing more can come; of a real one only the application tells.
      if (!fake) await awaited.complete(patience);
      await underWay.settled();
      const delivery = summary(awaited.reports, underWay);
      witness(delivery, fake);
      return delivery;
    });
  }

  /** Stops the application without waiting for handlers, and the broker if the test brought none. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { app, device, fake, ownsFake } = this.#parts;
    try {
      await stopped(app);
    } finally {
      await device.close();
      if (ownsFake) await fake?.close();
    }
  }
}

/** Bytes go out as they are, a value as its contract encodes it. */
async function deviceMessage(
  { contract, address }: Target<never>,
  given: unknown,
  options: DeliverOptions,
  prefix: TopicPrefix,
): Promise<DeviceMessage> {
  const topic = prefix.add(address);
  const { qos = contract.spec.qos, retain = contract.spec.retain, duplicate = false } = options;
  const { userProperties, messageExpiryInterval } = options;
  const payload =
    given instanceof Uint8Array ? given : await encodePayload(contract, given, options.contentType);
  const { contentType = contentTypeFor(contract.spec.codecs) } = options;
  const properties = {
    ...(contentType !== undefined && { contentType }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(userProperties !== undefined && { userProperties: [...userProperties] }),
  };
  return { topic, payload, qos, retain, duplicate, properties };
}

/** It is no message of its contract: it removes one from the broker. */
function isClearing({ retain, payload }: PublishedByApp): boolean {
  return retain && payload.length === 0;
}

/** Of the machine's time, in milliseconds: hooks and disposals that have not ended by then wait for the virtual clock, or for ever: in four parts, of a second each. */
const GOODBYES_MAY_TAKE = 2_000;

async function stopped(app: Application): Promise<void> {
  const { clock } = app;
  const stopping = app.stop({ timeout: 0 });
  const cancel = machineClock.setTimer(GOODBYES_MAY_TAKE, () => {
    if (clock instanceof VirtualClock) void clock.advance('4s');
  });
  await stopping.finally(cancel);
}
