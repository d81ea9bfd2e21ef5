// What an application's container does differently from a plain one of tsyringe.
import type { Class } from './token.js';
import type { DependencyContainer, InjectionToken } from './tsyringe.js';

/**
 * Hands classes that nobody registered to the application, which builds each once, by its own rules, and disposes of it. tsyringe would build a new one
 * for each call, and keep every disposable one of them for ever. `outside` is the container that the user handed in.
 */
export function resolveUnknown(
  container: DependencyContainer,
  outside: DependencyContainer | undefined,
  build: (target: Class) => unknown,
): void {
  const resolve = container.resolve.bind(container);
  const isKnown = (token: InjectionToken) =>
    container.isRegistered(token) || (outside?.isRegistered(token, true) ?? false);
  // Behind the token, tsyringe hands itself what it is resolving.
  const resolveHere = (token: InjectionToken, ...more: unknown[]): unknown =>
    typeof token === 'function' && !isKnown(token)
      ? build(token as Class)
      : (resolve as (token: InjectionToken, ...more: unknown[]) => unknown)(token, ...more);
  Object.assign(container, { resolve: resolveHere });
}

const changing = ['register', 'registerInstance', 'registerSingleton', 'registerType'] as const;
const emptying = ['clearInstances', 'reset', 'dispose'] as const;

/** From now on the container refuses, with a sentence, to be changed. */
export function freeze(container: DependencyContainer): void {
  const refuse = (method: string, remedy: string) => () => {
    throw new Error(
      `app.container.${method}() was called after the start: everything is built by then. ${remedy}`,
    );
  };
  for (const method of changing)
    Object.assign(container, { [method]: refuse(method, 'Write a provider in createApp({ providers }).') });
  for (const method of emptying)
    Object.assign(container, { [method]: refuse(method, 'app.stop() disposes of it.') });
}
