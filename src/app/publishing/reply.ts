// Replies as they travel: a value in the payload, or an error in two user properties and no payload.
import {
  type Contract,
  contentTypeFor,
  decodeReply,
  encodeReply,
  InvalidMessage,
} from '../../contracts/index.js';
import type { PublishProperties, UserProperties } from '../../packets/packet.js';
import { ReplyError } from './reply-error.js';

const CODE = 'reply-error';
const MESSAGE = 'reply-error-message';
/** The user properties of a reply that is an error, for people who write requesters. */
export const ERROR_REPLY: Readonly<Record<string, string>> = {
  [CODE]: 'For programs: `invalid-message`, `failed` or a code of the handler.',
  [MESSAGE]: 'For people.',
};
/** Characters of a code or message that travel. */
const LONGEST = 1_000;

/** What of a request its reply needs. */
export interface RequestMessage {
  /** Where the reply goes; undefined: nobody waits for one. */
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
}

/** A reply to publish, on the topic as it stands. */
export interface Reply {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly properties: PublishProperties;
}

/**
 * The reply that carries what a handler returned; undefined if nobody waits for one. A promise only if the reply's schema is asynchronous.
 * @throws InvalidMessage (or rejects with it), `part: 'reply'`.
 */
export function replyTo(
  request: RequestMessage,
  contract: Contract,
  value: unknown,
): Reply | Promise<Reply> | undefined {
  const { responseTopic: topic, contentType: asked } = request;
  if (topic === undefined) return undefined;
  const bytes = encodeReply(contract, value, asked);
  const contentType = contentTypeFor(contract.spec.replyCodecs, asked);
  const properties = { ...correlationOf(request), ...(contentType !== undefined && { contentType }) };
  if (!(bytes instanceof Promise)) return { topic, payload: bytes, properties };
  return bytes.then((payload) => ({ topic, payload, properties }));
}

/** The reply that says why there is none; undefined if nobody waits for one. Only what is meant for the requester goes out. */
export function errorReplyTo(request: RequestMessage, error: unknown): Reply | undefined {
  const { responseTopic: topic } = request;
  if (topic === undefined) return undefined;
  const { code, message } = told(error);
  const userProperties: UserProperties = [
    [CODE, legible(code)],
    [MESSAGE, legible(message)],
  ];
  return { topic, payload: new Uint8Array(), properties: { ...correlationOf(request), userProperties } };
}

/**
 * What a requester gets: a promise only if the reply's schema is asynchronous.
 * @throws ReplyError if that is what came, InvalidMessage (`part: 'reply'`, or rejects with it) if it does not fit the contract.
 */
export function readReply(
  contract: Contract,
  reply: {
    readonly payload: Uint8Array;
    readonly contentType?: string | undefined;
    readonly userProperties?: UserProperties | undefined;
  },
): unknown {
  const { userProperties = [] } = reply;
  const code = userProperties.find(([name]) => name === CODE)?.[1];
  if (code === undefined) return decodeReply(contract, reply.payload, reply.contentType);
  const message = userProperties.find(([name]) => name === MESSAGE)?.[1];
  throw new ReplyError(code, message ?? `The request on "${contract.pattern}" was answered with an error.`);
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ReplyError) return error;
  // The request's fault; a reply that does not fit is the handler's.
  if (error instanceof InvalidMessage && error.part !== 'reply') {
    return { code: 'invalid-message', message: error.message };
  }
  return { code: 'failed', message: 'The handler of the request failed.' };
}

function correlationOf({ correlationData }: RequestMessage): PublishProperties {
  return correlationData === undefined ? {} : { correlationData };
}

/** Without what MQTT does not take in a string, whatever the handler put into its error. */
function legible(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  return short.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}
