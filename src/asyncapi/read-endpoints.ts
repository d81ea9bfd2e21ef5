// What of a document others rely on: on which topics something is received or sent, and how.
import { isObject, type JsonObject, resolve } from './json-object.js';

export interface Message {
  readonly name: string;
  /** The first is the one to send with. */
  readonly contentTypes: readonly string[];
  readonly payload: unknown;
  readonly headers: unknown;
  readonly isDeprecated: boolean;
}

/** All operations that do the same with one topic. */
export interface Endpoint {
  readonly action: 'send' | 'receive';
  readonly address: string;
  /** The operations' keys. */
  readonly operations: readonly string[];
  readonly qos: number;
  readonly retain: boolean;
  /** Seconds; Infinity for those that never expire. */
  readonly messageExpiryInterval: number;
  readonly shares: readonly string[];
  readonly messages: readonly Message[];
  readonly reply: readonly Message[] | undefined;
  /** By the place in the address: names may change. */
  readonly parameters: readonly { readonly name: string; readonly schema: JsonObject }[];
}

/** By action and address, without the names of parameters. */
export function endpointsOf(document: JsonObject): ReadonlyMap<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>();
  for (const [key, entry] of Object.entries(objectOf(document['operations']))) {
    const endpoint = endpointOf(document, key, objectOf(resolve(document, entry)));
    const place = `${endpoint.action} ${endpoint.address.replace(/\{[^{}]*\}/g, '{}')}`;
    const known = endpoints.get(place);
    endpoints.set(place, known ? together(known, endpoint) : endpoint);
  }
  return endpoints;
}

function endpointOf(document: JsonObject, key: string, operation: JsonObject): Endpoint {
  const channel = objectOf(resolve(document, operation['channel']));
  const { qos, retain, messageExpiryInterval } = objectOf(objectOf(operation['bindings'])['mqtt']);
  const reply =
    operation['reply'] === undefined ? undefined : objectOf(resolve(document, operation['reply']));
  const address = typeof channel['address'] === 'string' ? channel['address'] : '';
  return {
    action: operation['action'] === 'send' ? 'send' : 'receive',
    address,
    operations: [key],
    qos: typeof qos === 'number' ? qos : 0,
    retain: retain === true,
    messageExpiryInterval: typeof messageExpiryInterval === 'number' ? messageExpiryInterval : Infinity,
    shares: typeof operation['x-share'] === 'string' ? [operation['x-share']] : [],
    messages: messagesOf(document, operation['messages'] ?? channel['messages']),
    reply: reply && replyOf(document, reply),
    parameters: parametersOf(document, address, objectOf(channel['parameters'])),
  };
}

function together(one: Endpoint, other: Endpoint): Endpoint {
  const messages = [...one.messages, ...other.messages];
  return {
    ...one,
    operations: [...one.operations, ...other.operations],
    qos: Math.max(one.qos, other.qos),
    retain: one.retain || other.retain,
    messageExpiryInterval: Math.min(one.messageExpiryInterval, other.messageExpiryInterval),
    shares: [...new Set([...one.shares, ...other.shares])],
    messages: [...new Map(messages.map((message) => [message.name, message])).values()],
    reply: one.reply ?? other.reply,
  };
}

function replyOf(document: JsonObject, reply: JsonObject): readonly Message[] {
  const channel = objectOf(resolve(document, reply['channel']));
  return messagesOf(document, reply['messages'] ?? channel['messages']);
}

/** Of a list of references, or of a channel's map. */
function messagesOf(document: JsonObject, listed: unknown): readonly Message[] {
  return Object.entries(isObject(listed) || Array.isArray(listed) ? listed : {}).map(([key, entry]) => {
    const message = objectOf(resolve(document, entry));
    const { name, contentType, payload, headers, 'x-content-types': contentTypes } = message;
    const types = Array.isArray(contentTypes)
      ? contentTypes
      : [contentType ?? document['defaultContentType']];
    return {
      name: typeof name === 'string' ? name : key,
      contentTypes: types.filter((type) => typeof type === 'string'),
      payload: payload ?? {},
      headers: headers ?? {},
      isDeprecated: message['deprecated'] === true,
    };
  });
}

function parametersOf(
  document: JsonObject,
  address: string,
  parameters: JsonObject,
): readonly { readonly name: string; readonly schema: JsonObject }[] {
  const names = [...address.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name as string); // the group takes part in every match
  return names.map((name) => {
    const parameter = objectOf(resolve(document, parameters[name]));
    const { enum: values } = parameter;
    return {
      name,
      schema: { ...objectOf(parameter['x-schema']), ...(Array.isArray(values) && { enum: values }) },
    };
  });
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
