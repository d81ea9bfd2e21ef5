// From what the user wrote to routes with instances behind them.
import { refuseIfAny } from '../boot-error.js';
import type { Assembly } from '../injection/assembly.js';
import { constructionOf } from '../injection/construction.js';
import type { Class } from '../injection/token.js';
import type { InjectionToken } from '../injection/tsyringe.js';
import { bindRoute, controllerRoutes } from '../routes/controller-routes.js';
import type { Route } from '../routes/route.js';
import { groupRoutes, type RouteGroup } from '../routes/subscription-plan.js';

/** Under this token a container of the user's registers its controllers: `container.register(Controllers, { useClass: SensorController })`. */
export const Controllers: InjectionToken<object> = Symbol.for('topicwise:controllers');

export interface Booted {
  readonly routes: readonly Route[];
  readonly groups: readonly RouteGroup<Route>[];
}

export interface BootOptions {
  readonly controllers: readonly Class[];
  /** Routes of functions, and what is wrong with them. */
  readonly functions: readonly Route[];
  readonly findings: readonly string[];
  readonly share: string | undefined;
  readonly assembly: Assembly;
}

/** Checks everything that can be checked before anything is built, then builds it. Throws a BootError for all mistakes together. */
export async function boot({
  controllers,
  functions,
  findings: known,
  share,
  assembly,
}: BootOptions): Promise<Booted> {
  const findings = [...known];
  const registered = registeredControllers(assembly, findings);
  const classes = [...new Set(controllers)];
  const unbound = [...classes, ...registered.keys()].flatMap((controller) =>
    controllerRoutes(controller, share, findings),
  );
  const { container } = assembly;
  if (classes.length + functions.length === 0 && !container.isRegistered(Controllers, true)) {
    findings.push(
      'The application has no controllers: the list is empty. Add classes with @Controller() to the controllers of createApp, or call app.on().',
    );
  }
  groupRoutes([...unbound, ...functions], findings);
  const constructible = classes.filter((each) => typeof each === 'function');
  findings.push(...assembly.findings(constructible));
  refuseIfAny(findings);
  const built = await assembly.build(constructible);
  const routes = unbound.map((route) => {
    // Every unbound route came from a controller, and every controller was built.
    const method = route.method as NonNullable<Route['method']>;
    const instance = built.get(method.controller as Class) ?? registered.get(method.controller as Class);
    return bindRoute({ ...route, method }, instance as object);
  });
  const all = [...routes, ...functions];
  return { routes: all, groups: groupRoutes(all, []) };
}

/** Those that the user's container knows, built by it. */
function registeredControllers(assembly: Assembly, findings: string[]): ReadonlyMap<Class, object> {
  const { container } = assembly;
  if (!container.isRegistered(Controllers, true)) return new Map();
  try {
    const instances = container.resolveAll(Controllers);
    // What has handlers was made by a class.
    const found = instances.map((instance) => [instance.constructor as Class, instance] as const);
    for (const [target] of found) findings.push(...constructionOf(target).findings);
    return new Map(found);
  } catch (error) {
    findings.push(`The container can't build the controllers that are registered in it: ${String(error)}`);
    return new Map();
  }
}
