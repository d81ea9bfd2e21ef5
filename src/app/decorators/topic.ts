import type {
  AnyTopic,
  CodecName,
  ParamSchemas,
  ParamsOut,
  PlainIn,
  PlainOut,
  TopicDef,
  TopicSpec,
} from '../../contracts/index.js';
import type { ValidPattern } from '../../topics/index.js';
import type { HandlerDecorator } from './handler-form.js';
import type { HandlerOptions } from './handler-options.js';
import { ROUTES, recordOn } from './record.js';

/** A handler's options, and the topics of the messages that it may return. */
export interface SendingOptions<Sends extends readonly AnyTopic[]> extends HandlerOptions {
  /** What the handler may return is a message of one of these topics, or a list of them; each is published before the message is acknowledged. */
  sends?: Sends;
}

/** What one `@Topic` said. The pattern of the short form is read at boot, where its mistakes become findings. */
export interface HandlerRecord {
  readonly key: string | symbol;
  readonly topic: string | AnyTopic;
  readonly options: TopicSpec & SendingOptions<readonly AnyTopic[]>;
  /** What it was written on. */
  readonly on: 'method' | 'static method' | 'getter or setter' | 'property';
}

interface TopicDecorator {
  <Params, In, Out, ParamsIn, const Sends extends readonly AnyTopic[] = []>(
    topic: TopicDef<Params, In, Out, ParamsIn>,
    options?: SendingOptions<Sends>,
  ): HandlerDecorator<Params, Out, Sends, 'this topic'>;
  <
    const P extends string,
    C extends CodecName = 'bytes',
    In = PlainIn[C],
    Out = PlainOut[C],
    Params extends object = Record<never, never>,
    const Sends extends readonly AnyTopic[] = [],
  >(
    pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
    options?: TopicSpec<C, In, Out, Params & ParamSchemas<P, Params>> & SendingOptions<Sends>,
  ): HandlerDecorator<ParamsOut<P, Params>, Out, Sends, `"${P}"`>;
}

/**
 * Says which messages a method handles: `@Topic(contract)` or `@Topic('socks/+id/status', { payload: schema })`. The method's
 * parameter and result are checked against the topic. It records that on the class and does nothing else.
 */
// The record is untyped; the interface above is what the compiler checks.
export const Topic = ((topic: string | AnyTopic, options: HandlerRecord['options'] = {}) =>
  (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
    const owner = typeof target === 'function' ? target : target.constructor;
    const on = typeof target === 'function' ? 'static method' : placeOf(descriptor);
    recordOn<HandlerRecord[]>(owner, ROUTES, () => []).push({ key, topic, options, on });
  }) as TopicDecorator;

function placeOf(descriptor: PropertyDescriptor | undefined): HandlerRecord['on'] {
  if (!descriptor) return 'property';
  return descriptor.get || descriptor.set ? 'getter or setter' : 'method';
}
