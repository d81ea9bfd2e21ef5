export { LedgerEntry } from './acknowledgements.js';
export * from './disconnection.js';
export * from './effects.js';
export * from './errors.js';
export type { PublishRequest } from './outbound.js';
export type { ServerLimits } from './server-limits.js';
export * from './session.js';
export type { HeldSubscription, SubscribeRequest, UnsubscribeRequest } from './subscriptions.js';
