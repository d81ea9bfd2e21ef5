// Named wildcards to values and back, through the schemas of the contract.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Pattern, TopicError } from '../topics/index.js';
import { quote } from '../topics/topic-error.js';
import { InvalidMessage, issuesOf, type MessageIssue } from './invalid-message.js';
import type { Contract } from './topic-def.js';

/**
 * The converted parameters of a topic; undefined if the topic does not match the pattern: the contract's, or `pattern`, which has the same names.
 * @throws InvalidMessage (`part: 'params'`) with the issues of all parameters if one does not fit its schema.
 */
export function parseParams(
  contract: Contract,
  topic: string,
  pattern: Pattern = contract['~pattern'],
): Record<string, unknown> | undefined {
  const texts = pattern.match(topic);
  if (texts === undefined) return undefined;
  return convert(contract, topic, texts);
}

/**
 * The topic for these parameters, checked as a receiver will check it.
 * @throws TopicError if no legal topic comes of them, InvalidMessage (`part: 'params'`) if one does not fit its schema.
 */
export function buildAddress(contract: Contract, params: Readonly<Record<string, string | number>>): string {
  const address = contract['~pattern'].build(params);
  parseParams(contract, address);
  return address;
}

/** Why a text can't be the value of a parameter: what its schema says of it; undefined if it fits, or there is no schema. */
export function wrongParam(contract: Contract, name: string, text: string): string | undefined {
  const schema = contract.spec.params[name];
  if (schema === undefined) return undefined;
  try {
    const result = schema['~standard'].validate(text);
    if (result instanceof Promise) {
      result.catch(() => {});
      return asyncParam(contract, name);
    }
    if (result.issues === undefined) return undefined;
    return `${quote(text)} does not fit the parameter's schema: ${issuesOf(result, [])
      .map(({ message }) => message)
      .join(', ')}`;
  } catch (error) {
    return `the parameter's schema threw on ${quote(text)}: ${String(error)}`;
  }
}

function convert(
  contract: Contract,
  topic: string,
  texts: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const params: Record<string, unknown> = texts;
  let issues: MessageIssue[] | undefined;
  for (const name in contract.spec.params) {
    const schema = contract.spec.params[name] as StandardSchemaV1; // its own key
    const result = schema['~standard'].validate(texts[name]);
    if (result instanceof Promise) {
      // The definition is what is wrong; what becomes of this one validation is no news.
      result.catch(() => {});
      throw new TopicError(contract.pattern, asyncParam(contract, name));
    }
    if (result.issues === undefined) params[name] = result.value;
    else issues = [...(issues ?? []), ...issuesOf(result, [name])];
  }
  if (issues === undefined) return params;
  throw new InvalidMessage('params', `The topic ${quote(topic)} does not fit "${contract.pattern}"`, issues);
}

function asyncParam(contract: Contract, name: string): string {
  return `The schema of the parameter "${name}" of "${contract.pattern}" is asynchronous: a topic is matched at once, use a schema without promises and check the rest in the handler.`;
}
