import type { Class } from '../injection/token.js';
import { injectable } from '../injection/tsyringe.js';
import type { Concurrency } from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';
import { CONTROLLER, controllerWasDecorated, recordOn, refuseStandardForm } from './record.js';

/** What holds for all handlers of a class. */
export interface ControllerOptions {
  /**
   * `singleton`: one instance per application. `message`: a new one for each attempt to handle a message, with what it injects in that scope; disposed of, in reverse order and awaited, when the
   * message is done, or before the next attempt. Its place in the order stays taken until then, for as long as a handler may take. Default 'singleton'.
   */
  scope?: 'singleton' | 'message';
  /** For every handler of the class that names no `share` of its own. */
  share?: string;
  /** For every handler of the class; a handler's own rules are asked first. */
  errors?: ErrorPolicy;
  /** For every handler of the class, where it says nothing itself. */
  concurrency?: Concurrency;
  /** Of every handler, in the AsyncAPI document. */
  tags?: readonly string[];
}

/** Marks a class of topic handlers. It records that on the class and does nothing else: an application uses it once it is listed there. */
export function Controller(options: ControllerOptions = {}): (target: Class) => void {
  return (target, ...more: unknown[]) => {
    refuseStandardForm('@Controller', more[0]);
    recordOn<ControllerOptions>(target, CONTROLLER, () => options);
    // Registers nothing: it lets a container of the user's construct the class. tsyringe's type leaves abstract classes out.
    injectable()(target as new () => object);
    controllerWasDecorated(target);
  };
}
