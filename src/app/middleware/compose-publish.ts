import { MiddlewareError, nameOf } from './middleware-error.js';
import type {
  OutgoingMessage,
  PublishContext,
  PublishMiddleware,
  PublishResult,
} from './publish-middleware.js';

type Send = (outgoing: OutgoingMessage) => Promise<PublishResult>;

/** Hands a message on from the last to the first, the one around everything, and then to `send`: what comes in goes through them the other way. */
export function runPublishMiddleware(
  middleware: readonly PublishMiddleware[],
  outgoing: OutgoingMessage,
  context: PublishContext,
  send: Send,
): Promise<PublishResult> {
  const from = (at: number, message: OutgoingMessage): Promise<PublishResult> => {
    const current = middleware[at];
    return current === undefined
      ? send(message)
      : runOne(current, message, context, (handedOn) => from(at - 1, handedOn));
  };
  return from(middleware.length - 1, outgoing);
}

/** Settles only after what it handed on has. */
async function runOne(
  middleware: PublishMiddleware,
  outgoing: OutgoingMessage,
  context: PublishContext,
  send: Send,
): Promise<PublishResult> {
  let sending: Promise<PublishResult> | undefined;
  let again: Promise<never> | undefined;
  const next: Send = (message) => {
    // Whether the middleware waits for them or not, both are heard below.
    if (sending) {
      const sentence = `${nameOf(middleware)} called next() twice for "${outgoing.topic}". Call it once at most.`;
      again ??= Promise.reject(new MiddlewareError(sentence));
      again.catch(() => undefined);
      return again;
    }
    sending = handOn(middleware, message, outgoing, send);
    sending.catch(() => undefined);
    return sending;
  };
  let result: PublishResult | undefined;
  try {
    result = await middleware(outgoing, next, context);
  } finally {
    await Promise.allSettled([sending]);
  }
  await again;
  // A result of its own counts, whatever became of what it handed on: it may keep for later what the broker does not take.
  result ??= await sending;
  if (typeof result?.reasonCode === 'number') return result;
  throw new MiddlewareError(
    `${nameOf(middleware)} neither called next() for "${outgoing.topic}" nor returned a result. Write: return next(outgoing).`,
  );
}

/** The types ask for it; JavaScript forgets it, as the other kind of middleware hands on without. */
async function handOn(
  middleware: PublishMiddleware,
  message: OutgoingMessage | undefined,
  { topic }: OutgoingMessage,
  send: Send,
): Promise<PublishResult> {
  if (message) return send(message);
  throw new MiddlewareError(
    `${nameOf(middleware)} called next() without a message for "${topic}". Write: return next(outgoing).`,
  );
}
