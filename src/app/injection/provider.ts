import type { Awaitable } from '../awaitable.js';
import type { Class, TokenOf } from './token.js';
import type { DependencyContainer } from './tsyringe.js';

/** How the application comes by something that is injected. The last provider of a token wins. */
export type Provider =
  | {
      provide: TokenOf<unknown>;
      /** Handed out as it is; whoever made it disposes of it. */
      useValue: unknown;
    }
  | {
      provide: TokenOf<unknown>;
      /** Built once per application, by the same rules as a controller. */
      useClass: Class;
    }
  | {
      provide: TokenOf<unknown>;
      /** Called once in `start()`. A promise is awaited, and what is listed after it may resolve its value. */
      useFactory: (container: DependencyContainer) => Awaitable<unknown>;
      /** Called when the application stops. By default the value's own `Symbol.asyncDispose`, `Symbol.dispose` or `dispose()`. */
      // biome-ignore lint/suspicious/noExplicitAny: the value's type is the factory's affair
      dispose?: (value: any) => Awaitable<void>;
    };
