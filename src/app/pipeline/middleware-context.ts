import type { MiddlewareContext } from '../middleware/middleware.js';
import type { RouteRun } from './route-run.js';

/** What the middleware of a run is told beside its message. */
export function middlewareContext({ route, delivery, context }: RouteRun): MiddlewareContext {
  return {
    route: route.name,
    pattern: route.contract.pattern,
    share: route.share,
    routes: delivery.routes,
    receivedAt: delivery.receivedAt,
    clock: context.clock,
    logger: context.logger,
    protocolVersion: context.protocolVersion,
    clientId: context.clientId,
    container: context.container,
  };
}
