import type { App, AppOptions } from './app.js';
import { Application } from './application.js';

/** Makes an application. Nothing happens before `start()` or `run()`: mistakes in the options are a `BootError` there. */
export function createApp(options: AppOptions): App {
  return new Application(options);
}
