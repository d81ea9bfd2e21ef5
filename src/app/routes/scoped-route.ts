import type { MessageScopes } from '../injection/message-scopes.js';
import type { Class } from '../injection/token.js';
import type { UnboundRoute } from './controller-routes.js';
import type { Handle, Route } from './route.js';

/** Binds a route to its controller, of which there is a new one for every attempt to handle a message. */
export function bindScopedRoute(
  route: UnboundRoute & { readonly method: { readonly key: string | symbol } },
  controller: Class,
  scopes: MessageScopes,
): Route {
  const { key } = route.method;
  const handle: Handle = (message) =>
    scopes.run(controller, message, (instance) => {
      // The decorator checked that the member is a method that takes the message.
      const methods = instance as Record<string | symbol, Handle>;
      return (methods[key] as Handle).call(methods, message);
    });
  return {
    ...route,
    handle,
    // What a class is built to is an object.
    withInstance: (message, use) => scopes.run(controller, message, (instance) => use(instance as object)),
    end: (message, report) => scopes.end(message, report),
  };
}
