// Messages: what travels on a channel, and what comes back.
import {
  type AnyCodec,
  type Contract,
  decodePayload,
  encodePayload,
  InvalidMessage,
} from '../contracts/index.js';
import { TopicError } from '../topics/index.js';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';
import type { SchemaBook } from './schema-book.js';

/** The content of a payload or a reply. */
interface Body {
  readonly schema: JsonSchema;
  readonly contentTypes: readonly string[];
  readonly note?: string;
}

/** What a contract says of its messages, before anything has a name in the document. Equal contracts give equal ones. */
export interface MessageContent {
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean | string;
  readonly payload: Body;
  readonly reply: Body | undefined;
  readonly examples: readonly unknown[];
}

export function contentOf(contract: Contract, findings: string[]): MessageContent {
  const { spec } = contract;
  return {
    title: spec.title,
    description: spec.description,
    deprecated: spec.deprecated,
    payload: bodyOf(contract, 'payload', findings),
    reply: spec.reply && bodyOf(contract, 'reply', findings),
    examples: spec.examples.flatMap((example, at) => exampleOf(contract, example, at, findings)),
  };
}

/** The Message Object. Its schemas go into the book, under the message's name. */
export function messageOf(content: MessageContent, name: string, book: SchemaBook): object {
  const { title, deprecated, examples, reply } = content;
  const instead = typeof deprecated === 'string' ? `Deprecated: ${deprecated}` : undefined;
  const description = [content.description, instead].filter(Boolean).join('\n\n');
  return {
    name,
    ...(title !== undefined && { title }),
    ...(description !== '' && { description }),
    ...(deprecated !== false && { deprecated: true }),
    ...carried(content.payload, `${name}Payload`, book),
    ...(examples.length > 0 && { examples: examples.map((payload) => ({ payload })) }),
    ...(reply && {
      correlationId: {
        description: 'The reply carries the same.',
        location: '$message.header#/correlationData',
      },
      bindings: {
        mqtt: {
          responseTopic: {
            type: 'string',
            description: 'Where the reply goes. Without one there is no reply.',
          },
          correlationData: { type: 'string', description: 'Any bytes.' },
          bindingVersion: '0.2.0',
        },
      },
    }),
  };
}

/** The Message Object of a reply. */
export function replyMessageOf(reply: Body, name: string, book: SchemaBook): object {
  return {
    name,
    ...carried(reply, `${name}Payload`, book),
    correlationId: { description: 'That of the request.', location: '$message.header#/correlationData' },
  };
}

/** The Message Object of the reply that says why there is none: no payload, but user properties. */
export function errorReplyOf(name: string, properties: Readonly<Record<string, string>>): object {
  const entries = Object.entries(properties);
  return {
    name,
    title: 'Why there is no reply',
    headers: {
      type: 'object',
      properties: Object.fromEntries(
        entries.map(([property, description]) => [property, { type: 'string', description }]),
      ),
      required: entries.map(([property]) => property),
    },
    payload: { type: 'string', maxLength: 0 },
    correlationId: { description: 'That of the request.', location: '$message.header#/correlationData' },
  };
}

function carried({ schema, contentTypes, note }: Body, name: string, book: SchemaBook): object {
  const [contentType] = contentTypes;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(contentTypes.length > 1 && { 'x-content-types': contentTypes }),
    payload: isShort(schema) ? schema : book.add(name, schema),
    ...(note !== undefined && { 'x-note': note }),
  };
}

/** Nothing that would be read better under a name. */
function isShort(schema: JsonSchema): boolean {
  return !('properties' in schema || 'definitions' in schema || '$defs' in schema) && !hasReference(schema);
}

function hasReference(schema: JsonSchema): boolean {
  return JSON.stringify(schema).includes('"$ref":');
}

function bodyOf(contract: Contract, part: 'payload' | 'reply', findings: string[]): Body {
  const codecs = part === 'payload' ? contract.spec.codecs : contract.spec.replyCodecs;
  const contentTypes = [...new Set(codecs.flatMap((codec) => contentTypesOf(codec)))];
  const schema = contract.spec[part];
  const [first] = codecs;
  // Bytes have no JSON, whatever their schema asks of them.
  if (first === 'bytes') return { schema: { type: 'string', format: 'binary' }, contentTypes };
  if (schema === undefined) return { schema: first === 'text' ? { type: 'string' } : {}, contentTypes };
  const converted = jsonSchemaOf(schema);
  const sentences = converted.findings.map((finding) => `The ${part} of "${contract.pattern}" ${finding}.`);
  findings.push(...sentences);
  return {
    schema: converted.schema,
    contentTypes,
    ...(sentences.length > 0 && { note: sentences.join(' ') }),
  };
}

function contentTypesOf(codec: AnyCodec): readonly string[] {
  if (codec === 'json') return ['application/json'];
  if (codec === 'text') return ['text/plain'];
  if (codec === 'bytes') return ['application/octet-stream'];
  return codec.contentTypes;
}

/** The example as it is read from the wire, in a list; none if it does not fit its contract or has no JSON. */
function exampleOf(contract: Contract, example: unknown, at: number, findings: string[]): unknown[] {
  const say = (what: string): [] => {
    findings.push(
      `Example ${at + 1} of "${contract.pattern}" ${what}. It is left out of the AsyncAPI document.`,
    );
    return [];
  };
  try {
    const bytes = encodePayload(contract, example);
    // What an asynchronous schema thinks of it comes too late, and is no news of anybody's.
    if (bytes instanceof Promise) bytes.catch(() => undefined);
    const travelled =
      bytes instanceof Promise ? example : decodePayload(withoutSchema(contract), bytes as Uint8Array);
    if (travelled instanceof Uint8Array) return [textOf(travelled)];
    const json = JSON.stringify(travelled) as string | undefined; // undefined for what has no JSON
    return json === undefined ? say('has no JSON') : [JSON.parse(json)];
  } catch (error) {
    if (error instanceof InvalidMessage || error instanceof TopicError)
      return say(`is none: ${error.message}`);
    return say(`has no JSON: ${String(error)}`);
  }
}

/** Decodes what is on the wire, and leaves it so: what the schema makes of it is for the handler. */
function withoutSchema(contract: Contract): Contract {
  return { ...contract, spec: { ...contract.spec, payload: undefined } };
}

/** One character a byte: there is no better text for all bytes. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  }
}
