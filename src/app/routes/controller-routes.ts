import { type AnyTopic, type Contract, defineTopic, type TopicSpec } from '../../contracts/index.js';
import { parseDuration } from '../../time/duration.js';
import { parsePattern, TopicError } from '../../topics/index.js';
import type { HandlerOptions } from '../decorators/handler-options.js';
import type { HandlerRecord, SendingOptions } from '../decorators/topic.js';
import { type Class, tokenName } from '../injection/token.js';
import { dedupe, dedupeFindings } from '../middleware/dedupe.js';
import { type Middleware, middlewareFindings, publishPartsOf } from '../middleware/middleware.js';
import { concurrencyFindings } from '../policies/concurrency-findings.js';
import { bindPattern } from './binding.js';
import { controllerOptionFindings, handlerOptionFindings } from './handler-option-findings.js';
import { handlersOf } from './handlers-of.js';
import { type Inherited, inherit } from './inherited.js';
import type { Handle, Route } from './route.js';

/** A route before there is an instance to call. */
export type UnboundRoute = Omit<Route, 'handle' | 'withInstance' | 'end'>;

/** The routes of a controller class. What is wrong with them goes to `findings`. */
export function controllerRoutes(
  controller: Class,
  inherited: Inherited,
  findings: string[],
): UnboundRoute[] {
  const { options, handlers, findings: found } = handlersOf(controller);
  findings.push(...found);
  findings.push(...concurrencyFindings(tokenName(controller), options.concurrency, inherited.concurrency));
  findings.push(...controllerOptionFindings(tokenName(controller), options));
  const from = inherit(inherited, options);
  return handlers.flatMap((record) => {
    const method = { controller, key: record.key };
    const { name: own } = record.options;
    const name = typeof own === 'string' ? own : `${tokenName(controller)}.${String(record.key)}`;
    return (
      routeOf(
        {
          topic: record.topic,
          spec: record.options,
          options: record.options,
          middleware: record.middleware,
          name,
          from,
          method,
          source: record.source,
        },
        findings,
      ) ?? []
    );
  });
}

/** Binds a route of a controller to the instance: always `instance[method](message)`. */
export function bindRoute(
  route: UnboundRoute & { readonly method: { readonly key: string | symbol } },
  instance: object,
): Route {
  // The decorator checked that the member is a method that takes the message.
  const methods = instance as Record<string | symbol, Handle>;
  const { key } = route.method;
  return {
    ...route,
    handle: (message) => (methods[key] as Handle).call(methods, message),
    withInstance: (_message, use) => use(instance),
  };
}

/** The route of one topic, in the contract's or the short form; undefined if the pattern is not legal. */
export function routeOf(
  written: {
    readonly topic: HandlerRecord['topic'];
    readonly spec: TopicSpec;
    readonly options: SendingOptions<readonly AnyTopic[]>;
    readonly middleware: readonly Middleware[];
    readonly name: string;
    readonly from: Inherited;
    readonly method: Route['method'];
    readonly source: Route['source'];
  },
  findings: string[],
): UnboundRoute | undefined {
  const { options, name } = written;
  const contract = contractOf(written.topic, written.spec, name, findings);
  const timeout = timeoutOf(options, name, findings);
  findings.push(...handlerOptionFindings(name, options));
  findings.push(...middlewareFindings(`${name}: the middleware of Topic.use()`, written.middleware));
  const once = onceOf(options, name, findings);
  findings.push(...concurrencyFindings(name, options.concurrency, written.from.concurrency));
  if (!contract) return undefined;
  const place = placeOf(contract, written.from, name, findings);
  if (!place) return undefined;
  const from = inherit(written.from, { ...options, middleware: [...written.middleware, ...once] });
  return {
    name,
    contract,
    ...place,
    share: from.share,
    qos: options.qos ?? contract.spec.qos,
    retained: options.retained ?? 'send',
    noLocal: options.noLocal ?? false,
    retainAsPublished: options.retainAsPublished ?? false,
    ack: options.ack ?? 'auto',
    concurrency: from.concurrency,
    timeout,
    errors: from.errors,
    deadLetters: options.deadLetters ?? false,
    when: options.when,
    middleware: from.middleware,
    publishMiddleware: publishPartsOf(from.middleware),
    summary: options.summary,
    tags: from.tags,
    sends: options.sends ?? [],
    method: written.method,
    source: written.source,
  };
}

/** Where the route listens: what its application's prefix and bindings make of the pattern; undefined if nothing legal comes of them. */
function placeOf(
  contract: Contract,
  { prefix, bind }: Inherited,
  name: string,
  findings: string[],
): Pick<Route, 'pattern' | 'bound' | 'filters'> | undefined {
  try {
    const pattern = parsePattern<string>(prefix.add(contract.pattern));
    return { pattern, ...bindPattern(contract, pattern, bind) };
  } catch (error) {
    if (!(error instanceof TopicError)) throw error;
    findings.push(`${name}: ${error.message}`);
    return undefined;
  }
}

function onceOf({ dedupe: options }: HandlerOptions, name: string, findings: string[]): Middleware[] {
  if (options === undefined) return [];
  const wrong = dedupeFindings(`${name}: dedupe`, options);
  findings.push(...wrong);
  return wrong.length > 0 ? [] : [dedupe(options)];
}

function timeoutOf({ timeout }: HandlerOptions, name: string, findings: string[]): number {
  try {
    return parseDuration(timeout ?? '30s');
  } catch (error) {
    findings.push(`${name}: timeout: ${(error as RangeError).message}`); // all that parseDuration throws
    return 0;
  }
}

function contractOf(
  topic: HandlerRecord['topic'],
  spec: TopicSpec,
  name: string,
  findings: string[],
): Contract | undefined {
  if (typeof topic !== 'string') {
    if (topic?.['~pattern'] !== undefined) return topic;
    findings.push(
      `${name}: @Topic was given ${String(topic)}. Hand over a pattern or what defineTopic() returned.`,
    );
    return undefined;
  }
  try {
    // The decorator's types checked pattern and options; here they are text and data.
    return defineTopic(topic as 'checked', spec as object);
  } catch (error) {
    if (!(error instanceof TopicError)) throw error;
    findings.push(`${name}: ${error.message}`);
    return undefined;
  }
}
