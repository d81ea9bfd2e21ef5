// A pattern as AsyncAPI writes it: `sensors/{deviceId}/reading`, and what is known of each part in braces.
import type { Contract } from '../contracts/index.js';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';
import { Names } from './names.js';

/** A part of an address in braces. */
interface Expression {
  readonly name: string;
  readonly kind: 'one level' | 'all levels' | 'literal';
  /** As it stands in the pattern. */
  readonly level: string;
}

export interface Address {
  readonly address: string;
  /** The address without the application's prefix, which is another in each place where it runs. */
  readonly bare: string;
  /** What MQTT is told: `sensors/+/reading`. */
  readonly filter: string;
  readonly expressions: readonly Expression[];
}

/** AsyncAPI's form of a contract's pattern. What has no name in the pattern gets one; a literal level with braces would read as a parameter, so it becomes one with a single value. */
export function addressOf(contract: Contract, prefix = ''): Address {
  const put = contract.filter.startsWith('$') ? '' : prefix;
  const names = new Names();
  for (const name of contract['~pattern'].names) names.claim(name);
  const expressions: Expression[] = [];
  const written = (text: string, called: string) => {
    const levels = text.split('/').map((level, at) => {
      const expression = expressionOf(level, `${called}${at + 1}`, names);
      if (!expression) return level;
      expressions.push(expression);
      return `{${expression.name}}`;
    });
    return levels.join('/');
  };
  const before = written(put, 'prefix');
  const bare = written(contract.pattern, 'level');
  return { address: before + bare, bare, filter: put + contract.filter, expressions };
}

function expressionOf(level: string, called: string, names: Names): Expression | undefined {
  const sign = level.charAt(0);
  if (sign === '+') return { kind: 'one level', level, name: level.slice(1) || names.claim(called) };
  if (sign === '#') return { kind: 'all levels', level, name: level.slice(1) || names.claim('rest') };
  return /[{}]/.test(level) ? { kind: 'literal', level, name: names.claim(called) } : undefined;
}

/** The values of each parameter that a handler narrows. */
type Bound = Readonly<Record<string, readonly string[]>>;

/** A Parameter Object of AsyncAPI, which knows texts only. */
export interface Parameter {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: string;
  readonly examples?: readonly string[];
  /** The whole JSON Schema of the text, where it says more than the above. */
  readonly 'x-schema'?: JsonSchema;
  readonly 'x-note'?: string;
}

/** What is known of each part in braces, from the schemas of the contracts that share the address and from what its handlers narrow it to. */
export function parametersOf(
  { expressions }: Address,
  contracts: readonly Contract[],
  bounds: readonly Bound[],
  findings: string[],
): Record<string, Parameter> {
  return Object.fromEntries(
    expressions.map((expression) => [expression.name, parameterOf(expression, contracts, bounds, findings)]),
  );
}

function parameterOf(
  { kind, level, name }: Expression,
  contracts: readonly Contract[],
  bounds: readonly Bound[],
  findings: string[],
): Parameter {
  if (kind === 'literal') return { description: 'This very text.', enum: [level] };
  const contract = contracts.find(({ spec }) => Object.hasOwn(spec.params, name));
  const schema = contract?.spec.params[name];
  const { schema: json, findings: unshown } = schema ? jsonSchemaOf(schema) : { schema: {}, findings: [] };
  for (const finding of unshown) {
    findings.push(`The parameter "${name}" of "${contract?.pattern}" ${finding}.`);
  }
  const values = boundTo(bounds, name) ?? textsOf(json['enum'] ?? onlyValue(json));
  const description = [json['description'], wildcardNote(kind, level)].filter(Boolean).join(' ');
  const examples = textsOf(json['examples']);
  return {
    ...(description !== '' && { description }),
    ...(values && { enum: values }),
    ...(isText(json['default']) && { default: String(json['default']) }),
    ...(examples && { examples }),
    ...(saysMore(json) && { 'x-schema': json }),
    ...(unshown.length > 0 && { 'x-note': `This parameter ${unshown.join('; it ')}.` }),
  };
}

function wildcardNote(kind: Expression['kind'], level: string): string | undefined {
  if (kind === 'all levels')
    return 'All levels that are left, with the slashes between them; there may be none.';
  return level === '+' ? 'Any one level.' : undefined;
}

/** The values at which any handler listens; undefined if one of them listens at all. */
function boundTo(bounds: readonly Bound[], name: string): readonly string[] | undefined {
  const values = bounds.flatMap((bound) => (Object.hasOwn(bound, name) ? [bound[name] ?? []] : []));
  return values.length === 0 || values.length < bounds.length ? undefined : [...new Set(values.flat())];
}

function onlyValue(json: JsonSchema): unknown {
  return Object.hasOwn(json, 'const') ? [json['const']] : undefined;
}

/** What of a list can stand in a topic. */
function textsOf(values: unknown): readonly string[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const texts = values.filter(isText).map(String);
  return texts.length > 0 ? texts : undefined;
}

function isText(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

const saidElsewhere: ReadonlySet<string> = new Set(['description', 'enum', 'const', 'default', 'examples']);

function saysMore(json: JsonSchema): boolean {
  return Object.entries(json).some(
    ([key, value]) => !saidElsewhere.has(key) && !(key === 'type' && value === 'string'),
  );
}
