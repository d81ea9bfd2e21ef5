// Whether a method fits the topic that it is decorated with; if not, a reason that a person can read.
import type { AnyTopic, Outgoing, Target, TopicDef } from '../../contracts/index.js';
import type { Class } from '../injection/token.js';

/** What a handler returns: the reply, where its topic has one; otherwise nothing, or messages of the topics that it names. */
export type Returned<Sends extends readonly AnyTopic[], Reply = never> = [Reply] extends [never]
  ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the return type void
      | void
      | undefined
      | (Sends extends readonly [] ? never : Sent<Sends[number]> | readonly Sent<Sends[number]>[])
  : Reply;
// biome-ignore lint/suspicious/noExplicitAny: only the payload is of interest
type Sent<T> = T extends TopicDef<any, infer In, any, any, any, any> ? Outgoing<In> : never;

type Extra<Asked, Given> = Exclude<keyof Asked, keyof Given>;
type Wrong<Asked, Given> = {
  [K in keyof Asked & keyof Given]-?: Given[K] extends Asked[K] ? never : K;
}[keyof Asked & keyof Given];

type Why<Asked, Given, Name extends string> = [Extra<Asked, Given>] extends [never]
  ? {
      [K in Wrong<Asked, Given>]: K extends 'params'
        ? WhyParams<Asked[K], Given[K], Name>
        : [`"${K & string}": the topic gives`, Given[K], 'but the handler takes', Asked[K]];
    }[Wrong<Asked, Given>]
  : `a message has no "${Extra<Asked, Given> & string}"`;

type WhyParams<Asked, Given, Name extends string> = [Extra<Asked, Given>] extends [never]
  ? ['"params": the topic gives', Given, 'but the handler takes', Asked]
  : `"${Extra<Asked, Given> & string}" is not a parameter of ${Name}`;

/** Whatever its payload. */
type AnyOutgoing = { readonly target: Target<never> };
type WhyReturned<R, Sends extends readonly AnyTopic[], Reply> = [Reply] extends [never]
  ? [R] extends [AnyOutgoing | readonly AnyOutgoing[] | undefined]
    ? 'a handler returns messages only of topics that it names in { sends: [...] }'
    : Sends extends readonly []
      ? ['a handler returns nothing, but this one returns', R]
      : ['a handler returns messages of the topics in { sends }, but this one returns', R]
  : // biome-ignore lint/suspicious/noConfusingVoidType: what a handler without a return statement returns
    [R] extends [void | undefined]
    ? ['this topic has a reply, the handler returns it:', Reply]
    : [R] extends [AnyOutgoing | readonly AnyOutgoing[]]
      ? ['this topic has a reply, messages go through message.publish(); the handler returns', Reply]
      : ['the reply of this topic is', Reply, 'but the handler returns', R];

/** The type of a decorated method's name if the method fits, otherwise the reason why not. `Name` is how the reason calls the topic. */
export type Fits<Handler, Message, Sends extends readonly AnyTopic[], Reply, Name extends string> =
  // Almost every handler ends here: a promise compared as one costs the compiler a third of one that is looked into.
  Handler extends (message: Message) => Returned<Sends, Reply> | Promise<Returned<Sends, Reply>>
    ? string | symbol
    : Misfit<Handler, Message, Sends, Reply, Name>;

type Misfit<
  Handler,
  Message,
  Sends extends readonly AnyTopic[],
  Reply,
  Name extends string,
> = Handler extends (message: Message) => infer R
  ? [Awaited<R>] extends [Returned<Sends, Reply>]
    ? string | symbol
    : WhyReturned<Awaited<R>, Sends, Reply>
  : Handler extends (...args: infer Asked) => unknown
    ? Asked extends readonly [infer Asked1]
      ? Why<Asked1, Message, Name>
      : 'a topic handler takes one argument, the message'
    : '@Topic decorates a method';

/** Checks the method at compile time, on the decorator's line. `Message` is what the handler gets, `Reply` what it has to return, `never` where there is no reply. */
export type HandlerDecorator<Message, Sends extends readonly AnyTopic[], Reply, Name extends string> = <
  Target,
  Handler = Target,
>(
  target: Target,
  key: NoInfer<
    Target extends Class<unknown>
      ? 'a topic handler is a method of the instance, not a static one'
      : Fits<Handler, Message, Sends, Reply, Name>
  >,
  descriptor?: TypedPropertyDescriptor<Handler>,
) => void;
