import type { Contract } from '../../contracts/index.js';
import { commit, rebinding, rebound } from '../routes/rebinding.js';
import type { Route } from '../routes/route.js';
import type { Online } from './go-online.js';

/** How far the application is. */
export interface Binding {
  /** Undefined before they are known. */
  readonly routes: readonly Route[] | undefined;
  readonly overlap: 'all' | 'most-specific' | undefined;
  /** Undefined before it connects. */
  readonly connecting: Promise<Online> | undefined;
  readonly phase: 'new' | 'starting' | 'running' | 'stopping' | 'stopped';
}

/** See `App.bind`. Before the application connects, what it subscribes to follows from the bindings. */
export async function bindTopic(
  topic: string | Contract,
  values: Readonly<Record<string, unknown>>,
  { routes, overlap = 'all', connecting, phase }: Binding,
): Promise<void> {
  if (phase === 'stopping' || phase === 'stopped')
    throw new Error(
      `app.bind() was called when the application was ${phase}: it subscribes to nothing more.`,
    );
  if (!routes)
    throw new Error(
      'app.bind() was called before the start. Write bind in the options of createApp, or call it in onStart() or later.',
    );
  const pattern = typeof topic === 'string' ? topic : topic.pattern;
  if (connecting) {
    const { subscriptions } = await connecting;
    await subscriptions.rebind(pattern, values);
    return;
  }
  const next = rebinding(routes, pattern, values);
  rebound(routes, next, { overlap });
  commit(next);
}
