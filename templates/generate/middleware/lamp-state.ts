import { defineMiddleware } from 'topicwise';

/** Runs around every handler, once for each message. */
export const lampState = defineMiddleware(async (message, next) => {
  const outcome = await next();
  message.log.debug({ status: outcome.status, attempts: outcome.attempts }, 'Done.');
  return outcome;
});
