// What a contract says beside its pattern, and the types that follow from it.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { HasUnnamed, ParamName } from '../topics/index.js';

/** 0: at most once, 1: at least once, 2: exactly once. */
export type QoS = 0 | 1 | 2;

/** How a payload becomes bytes: JSON in UTF-8, text in UTF-8, or bytes as they are. */
export type CodecName = 'json' | 'text' | 'bytes';

export interface TopicSpec<
  Codec extends CodecName = CodecName,
  In = unknown,
  Out = unknown,
  Params extends object = object,
> {
  /** Checks and converts what came; checks what is about to leave. Any Standard Schema library: zod, valibot, arktype... */
  readonly payload?: StandardSchemaV1<In, Out>;
  /** A schema for each named wildcard that needs one. It gets the level as text and must answer at once (no promise). */
  readonly params?: Params;
  /** `'json'` with a payload schema, `'bytes'` without one. */
  readonly codec?: Codec;
  /** The quality of service to publish with, and the highest to subscribe with. 1 by default. */
  readonly qos?: QoS;
  /** Whether the broker keeps the last message for subscribers to come. Off by default. */
  readonly retain?: boolean;
  /** Seconds after which the broker no longer delivers a published message: 1 to 4,294,967,295. Never by default; MQTT 5 only. */
  readonly messageExpiryInterval?: number;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly NoInfer<In>[];
  /** True, or what to use instead. */
  readonly deprecated?: boolean | string;
}

/** The same with its defaults in place, as the run time reads it. */
export interface ResolvedSpec {
  readonly payload: StandardSchemaV1 | undefined;
  readonly params: Readonly<Record<string, StandardSchemaV1>>;
  readonly codec: CodecName;
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
export interface PlainIn {
  json: unknown;
  text: string;
  bytes: Uint8Array | string;
}
/** What a handler gets where no schema says so. */
export interface PlainOut {
  json: unknown;
  text: string;
  bytes: Uint8Array;
}

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
