// From what the user wrote to routes with instances behind them.
import type { Will } from '../../client/options.js';
import { orAborted } from '../../time/or-aborted.js';
import { refuseIfAny } from '../boot-error.js';
import type { ControllerOptions } from '../decorators/controller.js';
import { CONTROLLER, ownRecord } from '../decorators/record.js';
import type { Assembly } from '../injection/assembly.js';
import { constructionOf } from '../injection/construction.js';
import { type Class, tokenName } from '../injection/token.js';
import type { InjectionToken } from '../injection/tsyringe.js';
import { encodeWill, isContractWill } from '../publishing/contract-will.js';
import { bindRoute, controllerRoutes, type UnboundRoute } from '../routes/controller-routes.js';
import { inherit, nothingInherited } from '../routes/inherited.js';
import { namesApart } from '../routes/names-apart.js';
import { bindFindings, placeRoutes } from '../routes/rebinding.js';
import type { Route } from '../routes/route.js';
import { bindScopedRoute } from '../routes/scoped-route.js';
import { TopicPrefix } from '../routes/topic-prefix.js';
import { type AppOptions, connectionOf } from './app.js';
import { type FunctionRoute, functionRoutes } from './function-routes.js';
import type { Instance } from './hooks.js';
import { optionFindings, wrongControllers } from './option-findings.js';
import { redeliveryFindings } from './redelivery.js';
import type { Startup } from './startup.js';

/** Under this token a container of the user's registers its controllers: `container.register(Controllers, { useClass: SensorController })`. */
export const Controllers: InjectionToken<object> = Symbol.for('topicwise:controllers');

export interface Booted {
  readonly routes: readonly Route[];
  /** What was built, in order of creation. */
  readonly instances: readonly Instance[];
  /** Of the connection, encoded. */
  readonly will: Will | undefined;
}

export interface BootOptions {
  readonly options: AppOptions;
  readonly functions: readonly FunctionRoute[];
  readonly assembly: Assembly;
  readonly startup: Startup;
}

/** Checks everything that can be checked before anything is built, then builds it. Throws a BootError for all mistakes together. */
export async function boot(written: BootOptions): Promise<Booted> {
  const { assembly, startup } = written;
  const { classes, constructible, listed, functions, will, ...read } = await readThrough(written);
  // The container builds its controllers itself, and they may need what the factories make.
  startup.waitsFor(() => `the provider ${assembly.preparing}`);
  await assembly.prepare(startup.signal);
  const { registered, found } = read.fromContainer();

  const instances = new Map([...assembly.build(constructible), ...registered]);
  assembly.freeze();
  const bound = [...listed, ...found].map((route) => {
    // These routes came from controllers, and every controller was built.
    const method = route.method as NonNullable<Route['method']>;
    const controller = method.controller as Class;
    if (!registered.has(controller) && assembly.isScoped(controller))
      return bindScopedRoute({ ...route, method }, controller, assembly.scopes);
    return bindRoute({ ...route, method }, instances.get(controller) as object);
  });
  const routes = namesApart([...bound, ...functions]);
  return { routes, instances: instancesOf(assembly, registered), will };
}

/**
 * The routes as they will be, after the same checks. Builds nothing, unless a container of the user's has controllers of its own: which they are, only building them tells. Throws a
 * BootError for all mistakes together.
 */
export async function plan(written: BootOptions): Promise<readonly UnboundRoute[]> {
  const { assembly, startup } = written;
  const { listed, functions, fromContainer } = await readThrough(written);
  if (assembly.container.isRegistered(Controllers, true)) await assembly.prepare(startup.signal);
  const { found } = fromContainer();
  return namesApart<UnboundRoute>([...listed, ...found, ...functions]);
}

/** What the user wrote, checked as far as that goes before anything is built. */
async function readThrough(written: BootOptions) {
  const { options, assembly, startup } = written;
  const findings = optionFindings(options);
  const inherited = {
    ...inherit(nothingInherited, options),
    prefix: new TopicPrefix(options.prefix),
    bind: options.bind ?? {},
  };
  const functions = functionRoutes(written.functions, inherited, findings);
  const controllers = await listedControllers(options, startup, findings);
  const classes = [...new Set(controllers)];
  const listed = classes.flatMap((controller) => controllerRoutes(controller, inherited, findings));
  if (
    classes.length + written.functions.length === 0 &&
    !assembly.container.isRegistered(Controllers, true)
  ) {
    findings.push(
      'The application has no controllers: the list is empty. Add classes with @Controller() to the controllers of createApp, or call app.on().',
    );
  }
  const check = (routes: readonly UnboundRoute[]) => {
    placeRoutes(namesApart(routes), options.overlap, findings);
    findings.push(...redeliveryFindings(routes, connectionOf(options) ?? {})); // which JavaScript may leave out
  };
  check([...listed, ...functions]);
  const constructible = classes.filter((each) => typeof each === 'function');
  findings.push(...assembly.findings(constructible));
  const will = await encodedWill(options, startup, findings);
  refuseIfAny(findings);

  return {
    classes,
    constructible,
    listed,
    functions,
    will,
    /** What the container of the user's adds, once everything is there that its controllers may need. */
    fromContainer() {
      const registered = registeredControllers(assembly, findings);
      for (const each of classes) registered.delete(each);
      const found = [...registered.keys()].flatMap((controller) =>
        controllerRoutes(controller, inherited, findings),
      );
      const all = [...listed, ...found, ...functions];
      check(all);
      findings.push(...bindFindings(options.bind, all));
      refuseIfAny(findings);
      return { registered, found };
    },
  };
}

/** Those of the user's container behind those that the application built itself. */
function instancesOf({ built }: Assembly, registered: ReadonlyMap<Class, object>): readonly Instance[] {
  const all = [...built, ...[...registered].map(([target, value]) => ({ name: tokenName(target), value }))];
  // One thing may stand under several tokens.
  return [...new Map(all.map((instance) => [instance.value, instance] as const)).values()];
}

/** The will of the connection as the client takes it. */
async function encodedWill(
  options: AppOptions,
  startup: Startup,
  findings: string[],
): Promise<Will | undefined> {
  const { will, protocol } = connectionOf(options) ?? {}; // which JavaScript may leave out
  if (!will || !isContractWill(will)) return will;
  startup.waitsFor(() => 'the schema of connection.will');
  // 'auto' begins on MQTT 5; the client leaves the properties out where it ends on 3.1.1.
  const prefix = new TopicPrefix(options.prefix);
  return orAborted(encodeWill(will, protocol === 4 ? 4 : 5, prefix, findings), startup.signal);
}

/** The list of the options, which may be on its way. */
async function listedControllers(
  options: AppOptions,
  startup: Startup,
  findings: string[],
): Promise<readonly Class[]> {
  startup.waitsFor(() => 'the list of controllers');
  const listed = await orAborted(Promise.resolve(options.controllers), startup.signal);
  const wrong = wrongControllers(listed);
  if (!wrong) return listed ?? [];
  findings.push(wrong);
  return [];
}

/** Those that the user's container knows, built by it. */
function registeredControllers(assembly: Assembly, findings: string[]): Map<Class, object> {
  const { container } = assembly;
  if (!container.isRegistered(Controllers, true)) return new Map();
  try {
    const instances = container.resolveAll(Controllers);
    // What has handlers was made by a class.
    const found = instances.map((instance) => [instance.constructor as Class, instance] as const);
    for (const [target] of found) findings.push(...constructionOf(target).findings, ...withScope(target));
    return new Map(found);
  } catch (error) {
    findings.push(`The container can't build the controllers that are registered in it: ${String(error)}`);
    return new Map();
  }
}

/** A container of the user's builds its controllers once, and knows no messages. */
function withScope(controller: Class): string[] {
  if (ownRecord<ControllerOptions>(controller, CONTROLLER)?.scope !== 'message') return [];
  return [
    `${tokenName(controller)} has message scope, and is registered in the container that createApp was given, which builds it once. List it in the controllers of createApp instead.`,
  ];
}
