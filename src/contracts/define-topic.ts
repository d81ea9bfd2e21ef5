import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Pattern, parsePattern, TopicError, type ValidPattern } from '../topics/index.js';
import { type AnyCodec, type CodecChoice, wrongCodec } from './codec.js';
import { type FakeInput, type FakeMessage, fakeMessage } from './fake-message.js';
import { InvalidMessage } from './invalid-message.js';
import { buildAddress, parseParams } from './params.js';
import type { Outgoing, PublishOptions, Target, TopicDef } from './topic-def.js';
import type {
  Buildable,
  ParamSchemas,
  ParamsOut,
  PlainIn,
  PlainOut,
  ResolvedSpec,
  TopicSpec,
} from './topic-spec.js';

/**
 * Defines a topic once for handlers, publishers, tests and documentation.
 * @throws TopicError for a pattern or an option that is not legal and that the compiler could not see.
 */
export function defineTopic<
  const P extends string,
  C extends CodecChoice = 'bytes',
  In = PlainIn<C>,
  Out = PlainOut<C>,
  Params extends object = Record<never, never>,
  ReplyIn = never,
  ReplyOut = never,
>(
  pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
  spec: TopicSpec<C, In, Out, Params & ParamSchemas<P, Params>, ReplyIn, ReplyOut> = {},
): TopicDef<ParamsOut<P, Params>, In, Out, Buildable<P, Params>, ReplyIn, ReplyOut> {
  // The condition only turns mistakes into compile errors; what arrives is a text.
  const text = pattern as string;
  const parsed = parsePattern<string>(text);
  // The types above are the promise that the untyped machinery keeps.
  return new DefinedTopic(parsed, resolveSpec(parsed, spec as TopicSpec)) as unknown as TopicDef<
    ParamsOut<P, Params>,
    In,
    Out,
    Buildable<P, Params>,
    ReplyIn,
    ReplyOut
  >;
}

class DefinedTopic
  implements TopicDef<object, unknown, unknown, Record<string, string | number> | undefined>
{
  readonly pattern: string;
  readonly filter: string;
  readonly spec: ResolvedSpec;
  readonly '~pattern': Pattern;

  constructor(pattern: Pattern, spec: ResolvedSpec) {
    this.pattern = pattern.pattern;
    this.filter = pattern.filter;
    this.spec = spec;
    this['~pattern'] = pattern;
    Object.freeze(this);
  }

  to(params: Record<string, string | number> = {}): Target {
    return { address: buildAddress(this, params), contract: this };
  }

  message(
    params: Record<string, string | number> | undefined,
    payload: unknown,
    options?: PublishOptions,
  ): Outgoing {
    const target = this.to(params);
    return options === undefined ? { target, payload } : { target, payload, options };
  }

  fake({ params, payload, ...rest }: FakeInput<never, unknown>): FakeMessage<object, unknown> {
    return fakeMessage(this.to(params), payload, rest);
  }

  match(topic: string): object | undefined {
    try {
      return parseParams(this, topic);
    } catch (error) {
      if (error instanceof InvalidMessage) return undefined;
      throw error;
    }
  }
}

function resolveSpec(pattern: Pattern, spec: TopicSpec): ResolvedSpec {
  const params = (spec.params ?? {}) as Record<string, StandardSchemaV1>; // checked right below
  const resolved: ResolvedSpec = {
    payload: spec.payload,
    params: Object.freeze({ ...params }),
    reply: spec.reply,
    codecs: codecsOf(spec.codec, spec.payload),
    replyCodecs: codecsOf(spec.codec, spec.reply),
    qos: spec.qos ?? 1,
    retain: spec.retain ?? false,
    messageExpiryInterval: spec.messageExpiryInterval,
    title: spec.title,
    description: spec.description,
    examples: frozenList(spec.examples ?? []),
    deprecated: spec.deprecated ?? false,
  };
  const wrong = wrongIn(pattern, resolved);
  if (wrong !== undefined) throw new TopicError(pattern.pattern, `The topic "${pattern.pattern}" ${wrong}.`);
  return Object.freeze(resolved);
}

function codecsOf(codec: CodecChoice | undefined, schema: unknown): readonly AnyCodec[] {
  if (codec === undefined) return schema === undefined ? ['bytes'] : ['json'];
  return Object.freeze(Array.isArray(codec) ? [...codec] : [codec]);
}

/** A copy; what is no list, as JavaScript may hand in, is refused afterwards. */
function frozenList(list: readonly unknown[]): readonly unknown[] {
  return Array.isArray(list) ? Object.freeze([...list]) : list;
}

/** What the types refuse as well; for JavaScript, casts and patterns that are known at run time only. */
function wrongIn(pattern: Pattern, spec: ResolvedSpec): string | undefined {
  for (const part of ['payload', 'reply'] as const) {
    if (spec[part] !== undefined && !isSchema(spec[part]))
      return `has a ${part} that is no schema: hand over a Standard Schema, such as z.object({ ... })`;
  }
  for (const [name, schema] of Object.entries(spec.params)) {
    if (!pattern.names.includes(name)) {
      const known =
        pattern.names.length === 0 ? 'it has no named wildcard' : `it has ${pattern.names.join(', ')}`;
      return `has a schema for "${name}", which is not one of its parameters: ${known}`;
    }
    if (!isSchema(schema))
      return `has no schema for "${name}" but something else: hand over a Standard Schema, such as z.uuid()`;
  }
  if (![0, 1, 2].includes(spec.qos)) return `has qos ${String(spec.qos)}: it is 0, 1 or 2`;
  const codec = wrongCodec(spec.codecs);
  if (codec !== undefined) return codec;
  if (typeof spec.retain !== 'boolean') return `has retain ${String(spec.retain)}: it is true or false`;
  const expiry = spec.messageExpiryInterval;
  if (expiry !== undefined && !(Number.isInteger(expiry) && expiry >= 1 && expiry <= 0xffffffff)) {
    return `has messageExpiryInterval ${String(expiry)}: it is a whole number of seconds from 1 to 4294967295`;
  }
  return wrongInWords(spec);
}

/** What is for people and documents. */
function wrongInWords(spec: ResolvedSpec): string | undefined {
  for (const part of ['title', 'description'] as const) {
    const text: unknown = spec[part];
    if (text !== undefined && typeof text !== 'string')
      return `has a ${part} of type ${typeof text}: it is text`;
  }
  if (!Array.isArray(spec.examples))
    return `has examples of type ${typeof spec.examples}: write a list, each what a publisher hands in`;
  const deprecated: unknown = spec.deprecated;
  if (typeof deprecated !== 'boolean' && typeof deprecated !== 'string')
    return `has deprecated of type ${typeof deprecated}: it is true, or says what to use instead`;
  return undefined;
}

function isSchema(value: unknown): boolean {
  // Functions too: arktype's schemas are callable.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as Partial<StandardSchemaV1>)['~standard']; // the very thing that is checked
  return typeof standard?.validate === 'function';
}
