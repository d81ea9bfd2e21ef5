// Whether a method fits the topic that it is decorated with; if not, a reason that a person can read.
import type { AnyTopic, Outgoing, Target, TopicDef } from '../../contracts/index.js';
import type { Class } from '../injection/token.js';
import type { TopicMessage } from '../pipeline/topic-message.js';

/** What a handler may return. */
export type Returned<Sends extends readonly AnyTopic[]> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has the return type void
  | void
  | undefined
  | (Sends extends readonly [] ? never : Sent<Sends[number]> | readonly Sent<Sends[number]>[]);
// biome-ignore lint/suspicious/noExplicitAny: only the payload is of interest
type Sent<T> = T extends TopicDef<any, infer In, any, any> ? Outgoing<In> : never;

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
type WhyReturned<R, Sends extends readonly AnyTopic[]> = [R] extends [
  AnyOutgoing | readonly AnyOutgoing[] | undefined,
]
  ? 'a handler returns messages only of topics that it names in { sends: [...] }'
  : Sends extends readonly []
    ? ['a handler returns nothing, but this one returns', R]
    : ['a handler returns messages of the topics in { sends }, but this one returns', R];

/** The type of a decorated method's name if the method fits, otherwise the reason why not. `Name` is how the reason calls the topic. */
export type Fits<
  Handler,
  Params,
  Payload,
  Sends extends readonly AnyTopic[],
  Name extends string,
> = Handler extends (message: TopicMessage<Params, Payload>) => infer R
  ? [Awaited<R>] extends [Returned<Sends>]
    ? string | symbol
    : WhyReturned<Awaited<R>, Sends>
  : Handler extends (...args: infer Asked) => unknown
    ? Asked extends readonly [infer Message]
      ? Why<Message, TopicMessage<Params, Payload>, Name>
      : 'a topic handler takes one argument, the message'
    : '@Topic decorates a method';

/** Checks the method at compile time, on the decorator's line. */
export type HandlerDecorator<Params, Payload, Sends extends readonly AnyTopic[], Name extends string> = <
  Target,
  Handler = Target,
>(
  target: Target,
  key: NoInfer<
    Target extends Class<unknown>
      ? 'a topic handler is a method of the instance, not a static one'
      : Fits<Handler, Params, Payload, Sends, Name>
  >,
  descriptor?: TypedPropertyDescriptor<Handler>,
) => void;
