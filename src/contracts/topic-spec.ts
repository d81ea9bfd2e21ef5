// What a contract says beside its pattern, and the types that follow from it.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { HasUnnamed, ParamName } from '../topics/index.js';
import type { AnyCodec, CodecChoice } from './codec.js';

/** 0: at most once, 1: at least once, 2: exactly once. */
export type QoS = 0 | 1 | 2;

/** What a contract says beside its pattern. All of it may be left out. */
export interface TopicSpec<
  Codec extends CodecChoice = CodecChoice,
  In = unknown,
  Out = unknown,
  Params extends object = object,
  ReplyIn = unknown,
  ReplyOut = unknown,
> {
  /** Checks and converts what came; checks what is about to leave. Any Standard Schema library: zod, valibot, arktype... */
  readonly payload?: StandardSchemaV1<In, Out>;
  /**
   * The same for the reply of a request on this topic: its handler returns it, `publisher.request()` resolves with it. It is published at the contract's `qos`. Without a schema there is no reply. MQTT 5 only:
   * 4.10 there.
   */
  readonly reply?: StandardSchemaV1<ReplyIn, ReplyOut>;
  /**
   * A schema for each named wildcard that needs one; the others are text. It gets the level as text, and what it makes of it is what a handler gets. It must answer at once: one that returns a promise makes
   * `to()`, `match()` and every message fail with a `TopicError`. What does not fit is an `InvalidMessage`, `part: 'params'`.
   */
  readonly params?: Params;
  /**
   * How payload and reply become bytes: `'json'`, `'text'`, `'bytes'`, a codec of yours, or a list of them, out of which the content type of a message chooses; the first is the
   * one to publish with. Default `'json'` where there is a schema, `'bytes'` where there is none.
   */
  readonly codec?: Codec;
  /** The quality of service to publish with, replies included, and the highest to subscribe with. Default 1. */
  readonly qos?: QoS;
  /** Whether the broker keeps the last message for subscribers to come; `publisher.clear()` removes it. Requests and replies are never retained. Default false. */
  readonly retain?: boolean;
  /** Seconds after which the broker no longer delivers a published message: 1 to 4,294,967,295. Default: none, it waits for its subscribers as long as their sessions last. On MQTT 3.1.1 it is left out. MQTT 5.0, 3.3.2.3.3. */
  readonly messageExpiryInterval?: number;
  /** What the topic is, in a few words, for documentation. */
  readonly title?: string;
  /** The same at length; Markdown. */
  readonly description?: string;
  /** What a publisher may hand in. The compiler checks its type, the AsyncAPI document the rest; an application that runs does not look at it. */
  readonly examples?: readonly NoInfer<In>[];
  /** True, or what to use instead. Said in the AsyncAPI document; it changes nothing at run time. Default false. */
  readonly deprecated?: boolean | string;
}

/** The same with its defaults in place, as the run time reads it. */
export interface ResolvedSpec {
  readonly payload: StandardSchemaV1 | undefined;
  readonly params: Readonly<Record<string, StandardSchemaV1>>;
  readonly reply: StandardSchemaV1 | undefined;
  /** Of the payload, at least one; the first is the one to publish with. */
  readonly codecs: readonly AnyCodec[];
  /** Of the reply, at least one. */
  readonly replyCodecs: readonly AnyCodec[];
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds. */
  readonly messageExpiryInterval: number | undefined;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly examples: readonly unknown[];
  readonly deprecated: boolean | string;
}

/** What a publisher hands in where no schema says so. */
export type PlainIn<Codec> = Codec extends 'bytes'
  ? Uint8Array | string
  : Codec extends 'text'
    ? string
    : unknown;
/** What a handler gets where no schema says so. */
export type PlainOut<Codec> = Codec extends 'bytes' ? Uint8Array : Codec extends 'text' ? string : unknown;

/** A check of `params` whose failures read as sentences. */
export type ParamSchemas<P extends string, S> = {
  [K in keyof S]: K extends ParamName<P>
    ? S[K] extends StandardSchemaV1<infer In, unknown>
      ? [In & string] extends [never]
        ? 'a topic level is text: use a schema that takes a string, such as z.coerce.number()'
        : S[K]
      : StandardSchemaV1
    : `"${K & string}" is not a parameter of "${P}"`;
};

/** The parameters that a handler gets. */
export type ParamsOut<P extends string, S> = {
  readonly [K in ParamName<P>]: K extends keyof S
    ? S[K] extends StandardSchemaV1<unknown, infer Out>
      ? Out
      : string
    : string;
};

/** The parameters that a topic is built from: text or numbers, narrowed where the schema takes certain texts only. */
export type ParamsIn<P extends string, S> = [ParamName<P>] extends [never]
  ? // biome-ignore lint/suspicious/noConfusingVoidType: void lets a call leave the argument out
    void | Record<string, never>
  : { readonly [K in ParamName<P>]: K extends keyof S ? ParamIn<S[K]> : string | number };

type ParamIn<S> =
  S extends StandardSchemaV1<infer In, unknown>
    ? string extends In
      ? string | number
      : In & (string | number)
    : string | number;

/** {@link ParamsIn}, or the reason why no topic can be built. */
export type Buildable<P extends string, S> =
  HasUnnamed<P> extends true
    ? 'name every wildcard of the pattern, as in "+id", to build topics from it'
    : ParamsIn<P, S>;
