import type { UnboundRoute } from '../../app/routes/controller-routes.js';
import { type Finding, ok } from './finding.js';

/** Whether the way in which the application was loaded emits decorator metadata, as its handlers show. */
export function checkMetadata(routes: readonly UnboundRoute[]): Finding[] {
  const method = routes.find((route) => route.method)?.method;
  if (!method) return [];
  // Every decorated method has it, where it is emitted at all.
  const { prototype } = method.controller as { prototype: object };
  const isEmitted = Reflect.getMetadata('design:type', prototype, method.key) !== undefined;
  return [
    ok(
      'decorator metadata',
      isEmitted
        ? 'it is emitted for the files that were loaded: classes may be injected by their type there, not under tsx or esbuild.'
        : 'none is emitted for the files that were loaded: constructor parameters need @Inject().',
    ),
  ];
}
