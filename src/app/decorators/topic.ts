import type {
  AnyTopic,
  CodecChoice,
  ParamSchemas,
  ParamsOut,
  PlainIn,
  PlainOut,
  TopicDef,
  TopicMessage,
  TopicSpec,
} from '../../contracts/index.js';
import type { ValidPattern } from '../../topics/index.js';
import type { Middleware } from '../middleware/middleware.js';
import { type CallSite, callSiteOf } from './call-site.js';
import type { HandlerDecorator } from './handler-form.js';
import type { HandlerOptions } from './handler-options.js';
import { ROUTES, recordOn, refuseStandardForm } from './record.js';

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
  /** Of {@link TopicDecorator.use}, the outermost first. */
  readonly middleware: readonly Middleware[];
  /** What it was written on. */
  readonly on: 'method' | 'static method' | 'getter or setter' | 'property';
  /** Where the decorator is written. */
  readonly source: CallSite;
}

/** `@Topic`, or what {@link TopicDecorator.use} made of it: `Ext` is what its middleware adds to the handler's message. */
export interface TopicDecorator<Ext = unknown> {
  <Params, In, Out, ParamsIn, ReplyIn, ReplyOut, const Sends extends readonly AnyTopic[] = []>(
    topic: TopicDef<Params, In, Out, ParamsIn, ReplyIn, ReplyOut>,
    options?: SendingOptions<Sends>,
  ): HandlerDecorator<TopicMessage<Params, Out> & Ext, Sends, ReplyIn, 'this topic'>;
  <
    const P extends string,
    C extends CodecChoice = 'bytes',
    In = PlainIn<C>,
    Out = PlainOut<C>,
    Params extends object = Record<never, never>,
    ReplyIn = never,
    ReplyOut = never,
    const Sends extends readonly AnyTopic[] = [],
  >(
    pattern: P extends ValidPattern<P> ? P : ValidPattern<P>,
    options?: TopicSpec<C, In, Out, Params & ParamSchemas<P, Params>, ReplyIn, ReplyOut> &
      SendingOptions<Sends>,
  ): HandlerDecorator<TopicMessage<ParamsOut<P, Params>, Out> & Ext, Sends, ReplyIn, `"${P}"`>;
  /**
   * A decorator whose handlers run inside the middleware, and whose messages have what it adds: `const TenantTopic = Topic.use(tenant)`. It runs inside the
   * application's own and inside those of earlier calls, whose additions it may ask for.
   */
  use<Added extends object>(middleware: Middleware<Added, Ext>): TopicDecorator<Ext & Added>;
}

/**
 * Says which messages a method handles: `@Topic(contract)` or `@Topic('socks/+id/status', { payload: schema })`. The method's
 * parameter and result are checked against the topic. It records that on the class and does nothing else.
 */
export const Topic: TopicDecorator = topicWith([]);

function topicWith(middleware: readonly Middleware[]): TopicDecorator {
  const decorate = (topic: string | AnyTopic, options: HandlerRecord['options'] = {}) => {
    const source = callSiteOf(decorate);
    return (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => {
      refuseStandardForm('@Topic', key);
      const owner = typeof target === 'function' ? target : target.constructor;
      const on = typeof target === 'function' ? 'static method' : placeOf(descriptor);
      recordOn<HandlerRecord[]>(owner, ROUTES, () => []).push({
        key,
        topic,
        options,
        middleware,
        on,
        source,
      });
    };
  };
  // The record is untyped; the interface above is what the compiler checks.
  return Object.assign(decorate, {
    use: (added: Middleware) => topicWith([...middleware, added]),
  }) as unknown as TopicDecorator;
}

function placeOf(descriptor: PropertyDescriptor | undefined): HandlerRecord['on'] {
  if (!descriptor) return 'property';
  return descriptor.get || descriptor.set ? 'getter or setter' : 'method';
}
