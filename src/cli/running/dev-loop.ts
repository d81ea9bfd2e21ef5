import type { Clock } from '../../time/index.js';
import type { Child } from '../host.js';
import type { WatchedFiles } from './watched-files.js';
import { described } from './worker-pool.js';

export interface DevLoopOptions {
  readonly clock: Clock;
  fork(): Child;
  /** Watches files, and calls back with one that changes. */
  watch(changed: (file: string) => void): Pick<WatchedFiles, 'add' | 'close'>;
  say(line: string): void;
  /** The name of a file as the user knows it. */
  shown(file: string): string;
}

/** Editors write in several steps. */
const QUIET = 50;
/** How long an application may take to finish what it has begun. */
const PATIENCE = 5_000;

/** Runs an application, anew each time one of its files changes. */
export class DevLoop {
  readonly #options: DevLoopOptions;
  readonly #files: ReturnType<DevLoopOptions['watch']>;
  readonly #over: Promise<void>;
  #resolve: () => void = () => {};
  #child: Child | undefined;
  #next: 'nothing' | 'start' | 'end' = 'nothing';
  #cancelQuiet = () => {};
  #cancelPatience = () => {};

  /** `files` are watched besides those that the application imports. */
  constructor(options: DevLoopOptions, files: readonly string[]) {
    this.#options = options;
    this.#over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#files = options.watch((file) => this.#changed(file));
    this.#files.add(files);
    this.#start();
  }

  /** Resolves once it has ended, and the application too. */
  get over(): Promise<void> {
    return this.#over;
  }

  stop(): void {
    this.#files.close();
    this.#cancelQuiet();
    this.#leave('end');
  }

  kill(): void {
    this.#child?.kill();
  }

  #start(): void {
    const child = this.#options.fork();
    this.#child = child;
    this.#next = 'nothing';
    child.onMessage(({ files }) => files && this.#next !== 'end' && this.#files.add(files));
    child.onEnd((how) => {
      this.#child = undefined;
      this.#cancelPatience();
      if (this.#next === 'start') return this.#start();
      if (this.#next === 'end') return this.#resolve();
      this.#options.say(
        `The application has ended (${described(how)}). It is started again when a file changes.`,
      );
    });
  }

  #changed(file: string): void {
    this.#cancelQuiet();
    this.#cancelQuiet = this.#options.clock.setTimer(QUIET, () => {
      this.#options.say(`${this.#options.shown(file)} has changed.`);
      this.#leave('start');
    });
  }

  /** Ends the application, then goes on. */
  #leave(next: 'start' | 'end'): void {
    this.#next = next;
    if (!this.#child) {
      if (next === 'start') this.#start();
      else this.#resolve();
      return;
    }
    this.#child.stop();
    this.#cancelPatience();
    this.#cancelPatience = this.#options.clock.setTimer(PATIENCE, () => {
      this.#options.say(`The application takes longer than ${PATIENCE / 1000} s to stop: it is ended.`);
      this.#child?.kill();
    });
  }
}
