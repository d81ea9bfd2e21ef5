import type { HandlerRecord } from '../decorators/topic.js';
import { routeOf } from '../routes/controller-routes.js';
import type { Inherited } from '../routes/inherited.js';
import type { Handle, Route } from '../routes/route.js';

/** What `app.on()` was given. */
export interface FunctionRoute {
  readonly topic: HandlerRecord['topic'];
  readonly handler: Handle;
  readonly options: HandlerRecord['options'];
  readonly source: HandlerRecord['source'];
}

/** The routes of functions. What is wrong with them goes to `findings`. */
export function functionRoutes(
  functions: readonly FunctionRoute[],
  inherited: Inherited,
  findings: string[],
): Route[] {
  return functions.flatMap(({ topic, handler, options, source }): Route[] => {
    const name =
      options.name ?? (handler.name || `a function on ${typeof topic === 'string' ? topic : topic.pattern}`);
    const route = routeOf(
      { topic, spec: options, options, middleware: [], name, from: inherited, method: undefined, source },
      findings,
    );
    return route ? [{ ...route, handle: handler }] : [];
  });
}
