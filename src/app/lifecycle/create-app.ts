import type { App, AppOptions } from './app.js';
import { Application } from './application.js';

/** Makes an application. Nothing happens before `start()` or `run()`. */
export function createApp(options: AppOptions): App {
  return new Application(options);
}
