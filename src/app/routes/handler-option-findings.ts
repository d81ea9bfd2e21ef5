import type { AnyTopic } from '../../contracts/index.js';
import { describe } from '../../packets/outgoing-checks.js';
import type { ControllerOptions } from '../decorators/controller.js';
import type { SendingOptions } from '../decorators/topic.js';
import { errorPolicyFindings } from '../policies/error-policy-findings.js';

type HandlerOptions = SendingOptions<readonly AnyTopic[]>;
/** As JavaScript may hand them in. */
type Unchecked<Options> = { readonly [Name in keyof Options]: unknown };

/** What is wrong with the options of a handler beside its time, its concurrency and its dedupe; the types refuse it as well. A sentence each. */
export function handlerOptionFindings(name: string, options: Unchecked<HandlerOptions>): string[] {
  const { qos, retained, ack, noLocal, retainAsPublished, deadLetters, when, summary } = options;
  return [
    ...notOneOf(`${name}: qos`, qos, [0, 1, 2]),
    ...notOneOf(`${name}: retained`, retained, ['send', 'send-if-new', 'never']),
    ...notOneOf(`${name}: ack`, ack, ['auto', 'manual', 'on-receipt']),
    ...notOneOf(`${name}: noLocal`, noLocal, [true, false]),
    ...notOneOf(`${name}: retainAsPublished`, retainAsPublished, [true, false]),
    ...notOneOf(`${name}: deadLetters`, deadLetters, [true, false]),
    ...notOfType(`${name}: when`, when, 'function', 'a function of the message'),
    ...notOfType(`${name}: summary`, summary, 'string', 'a text'),
    ...notOfType(`${name}: name`, options.name, 'string', 'a text'),
    ...notOfType(`${name}: share`, options.share, 'string', 'a text'),
    ...errorPolicyFindings(name, options.errors),
    ...sendsFindings(name, options.sends),
  ];
}

/** The same for a controller, beside its concurrency and its scope. */
export function controllerOptionFindings(
  name: string,
  { share, errors, tags }: Unchecked<ControllerOptions>,
): string[] {
  const isList = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
  return [
    ...notOfType(`${name}: share`, share, 'string', 'a text'),
    ...errorPolicyFindings(name, errors),
    ...(tags === undefined || isList
      ? []
      : [`${name}: tags is ${describe(tags)}. Write a list of texts, such as ['heating'].`]),
  ];
}

/** `wanted` completes the sentence. */
export function notOfType(name: string, value: unknown, type: string, wanted: string): string[] {
  return value === undefined || typeof value === type
    ? []
    : [`${name} is ${describe(value)}. Write ${wanted}.`];
}

function notOneOf(name: string, value: unknown, allowed: readonly (string | number | boolean)[]): string[] {
  if (value === undefined || allowed.some((each) => each === value)) return [];
  const written = allowed.map((each) => (typeof each === 'string' ? `'${each}'` : String(each)));
  return [`${name} is ${describe(value)}. Write ${written.join(' or ')}.`];
}

function sendsFindings(name: string, sends: unknown): string[] {
  if (sends === undefined) return [];
  if (!Array.isArray(sends))
    return [`${name}: sends is ${describe(sends)}. Write a list of what defineTopic() returned.`];
  return sends.flatMap((topic: Partial<AnyTopic> | null | undefined, at) =>
    topic?.['~pattern'] === undefined
      ? [`${name}: sends[${at}] is ${describe(topic)}. Hand over what defineTopic() returned.`]
      : [],
  );
}
