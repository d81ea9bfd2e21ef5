import type { Child } from '../../../src/cli/host.js';
import type { ChildMessage } from '../../../src/cli/running/child-messages.js';

/** A process that does what a test says. */
export class FakeChild implements Child {
  readonly asked: ('stop' | 'kill')[] = [];
  #message: (message: ChildMessage) => void = () => {};
  #end: (how: number | string) => void = () => {};

  stop(): void {
    this.asked.push('stop');
  }

  kill(): void {
    this.asked.push('kill');
  }

  onMessage(callback: (message: ChildMessage) => void): void {
    this.#message = callback;
  }

  onEnd(callback: (how: number | string) => void): void {
    this.#end = callback;
  }

  says(message: ChildMessage): void {
    this.#message(message);
  }

  ends(how: number | string): void {
    this.#end(how);
  }
}
