import type { HandlerMessage } from '../pipeline/handler-message.js';
import { isOutcomeStatus } from '../pipeline/outcome.js';
import type { Middleware, MiddlewareContext, Outcome } from './middleware.js';
import { MiddlewareError, nameOf } from './middleware-error.js';

type AnyMessage = HandlerMessage<unknown, unknown>;

/** Runs the first around the second and so on, and `handle` inside the last. Rejects with what one of them throws. */
export function runMiddleware(
  middleware: readonly Middleware[],
  message: AnyMessage,
  context: MiddlewareContext,
  handle: () => Promise<Outcome>,
): Promise<Outcome> {
  const from = (at: number): Promise<Outcome> => {
    const current = middleware[at];
    return current === undefined ? handle() : runOne(current, message, context, () => from(at + 1));
  };
  return from(0);
}

/** Settles only after what is inside has: nobody goes on while the handler still runs. */
async function runOne(
  middleware: Middleware,
  message: AnyMessage,
  context: MiddlewareContext,
  inner: () => Promise<Outcome>,
): Promise<Outcome> {
  let inside: Promise<Outcome> | undefined;
  let again: Promise<never> | undefined;
  const next = (extension?: object): Promise<Outcome> => {
    // Whether the middleware waits for them or not, both are heard below.
    if (inside) {
      const sentence = `${nameOf(middleware)} called next() twice. Call it once at most.`;
      again ??= Promise.reject(new MiddlewareError(sentence));
      again.catch(() => undefined);
      return again;
    }
    inside = handOn(message, extension, middleware, inner);
    inside.catch(() => undefined);
    return inside;
  };
  let outcome: Outcome | undefined;
  try {
    // What a middleware sees of params and payload is what every handler sees; its own types name no topic.
    outcome = await middleware(message as Parameters<Middleware>[0], next, context);
  } finally {
    await inside;
  }
  await again;
  // Forgetting to return what next() gives does no harm: it is what became of the message.
  outcome ??= await inside;
  if (isOutcomeStatus(outcome?.status)) return outcome as Outcome; // it has a status
  throw new MiddlewareError(
    `${nameOf(middleware)} neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.`,
  );
}

async function handOn(
  message: AnyMessage,
  extension: object | undefined,
  middleware: Middleware,
  inner: () => Promise<Outcome>,
): Promise<Outcome> {
  if (extension !== undefined) extend(message, extension, middleware);
  return inner();
}

function extend(message: AnyMessage, extension: object, middleware: Middleware): void {
  for (const [name, value] of Object.entries(extension)) {
    if (name in message && !message['~extensions'].has(name)) {
      throw new MiddlewareError(
        `${nameOf(middleware)} adds "${name}" to the message, which every message has already. Choose another name.`,
      );
    }
    message['~extensions'].add(name);
    Object.defineProperty(message, name, { value, configurable: true, enumerable: true });
  }
}
