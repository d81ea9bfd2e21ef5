import type { Class } from '../injection/token.js';
import { injectable } from '../injection/tsyringe.js';
import { CONTROLLER, recordOn } from './record.js';

export interface ControllerOptions {
  /** For every handler of the class that names no `share` of its own. */
  share?: string;
}

/** Marks a class of topic handlers. It records that on the class and does nothing else: an application uses it once it is listed there. */
export function Controller(options: ControllerOptions = {}): (target: Class) => void {
  return (target) => {
    recordOn<ControllerOptions>(target, CONTROLLER, () => options);
    // Registers nothing: it lets a container of the user's construct the class. tsyringe's type leaves abstract classes out.
    injectable()(target as new () => object);
  };
}
