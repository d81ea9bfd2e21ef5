import { type Class, tokenName } from '../app/injection/token.js';
import type { Handle, Route } from '../app/routes/route.js';
import type { AnyMessage } from '../contracts/index.js';

/** The names of a controller's methods that take a message. */
export type HandlerName<C> = {
  [K in keyof C]: C[K] extends (message: AnyMessage) => unknown ? K : never;
}[keyof C];

/** A look at one handler of an application under test. */
export interface HandlerProbe<Handler> {
  /** The messages that the handler was called with, in order. */
  readonly calls: readonly (Handler extends (message: infer M) => unknown ? M : never)[];
  /** Puts another function in the handler's place, `this` being the controller, which is built for the message where it has message scope. */
  replace(handler: Handler): void;
}

interface Probe {
  readonly calls: unknown[];
  replacement: Handle | undefined;
}

/** Records the calls of every handler of an application, and lets a test replace each. */
export class HandlerProbes {
  readonly #probes = new Map<object, Map<string | symbol, Probe>>();

  /** Puts itself between the pipeline and the handlers. */
  watch(routes: readonly Route[]): void {
    for (const route of routes) {
      if (!route.method) continue;
      const probe = this.#probe(route.method.controller, route.method.key);
      const original = route.handle;
      route.handle = (message) => {
        probe.calls.push(message);
        const { replacement } = probe;
        if (!replacement || !route.withInstance) return original(message);
        return route.withInstance(message, (instance) => replacement.call(instance, message));
      };
    }
  }

  of<C extends object, K extends HandlerName<C>>(controller: Class<C>, method: K): HandlerProbe<C[K]> {
    const probe = this.#probes.get(controller)?.get(method as string | symbol);
    if (!probe) {
      throw new Error(
        `${tokenName(controller)}.${String(method)} is no handler of this application. Is the controller in its list, and the method decorated with @Topic?`,
      );
    }
    return {
      // The method's type says what it is called with.
      calls: probe.calls as HandlerProbe<C[K]>['calls'],
      replace(handler) {
        probe.replacement = handler as Handle;
      },
    };
  }

  #probe(controller: object, key: string | symbol): Probe {
    const methods = this.#probes.get(controller) ?? new Map<string | symbol, Probe>();
    this.#probes.set(controller, methods);
    const probe = methods.get(key) ?? { calls: [], replacement: undefined };
    methods.set(key, probe);
    return probe;
  }
}
