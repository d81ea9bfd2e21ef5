// Runs in Node's thread for module hooks: reports every file that is imported, also one that is not there yet.
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

let port: MessagePort;

export const initialize: InitializeHook<{ port: MessagePort }> = (data) => {
  port = data.port;
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    const resolved = await nextResolve(specifier, context);
    port.postMessage(resolved.url);
    return resolved;
  } catch (error) {
    if (/^(\.{1,2}\/|file:)/.test(specifier) && URL.canParse(specifier, context.parentURL))
      port.postMessage(new URL(specifier, context.parentURL).href);
    throw error;
  }
};
