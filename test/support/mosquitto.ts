import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe } from 'vitest';

export interface MosquittoOptions {
  /** Keeps sessions and messages in a temporary folder, so that they survive `restart`. Default false. */
  persistence?: boolean;
  /** What it logs, which is kept: every packet, or errors only. Default `all`. */
  log?: 'all' | 'errors';
  /** Further lines of the configuration. */
  config?: readonly string[];
}

// Where packages put it; a test runner's PATH often lacks the folders for servers.
const environment = {
  ...process.env,
  PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin`,
};

/** Why there is no mosquitto, as a sentence; undefined where there is one. */
export const mosquittoMissing: string | undefined = spawnSync('mosquitto', ['-h'], { env: environment }).error
  ? 'mosquitto is not installed here: install it to run these tests'
  : undefined;

/**
 * A group of tests with a mosquitto of its own, one process, on a free port of the loopback interface. Where mosquitto is missing the group
 * is skipped and says so, or fails if the environment says TOPICWISE_REQUIRE_MOSQUITTO=1.
 */
export function describeWithMosquitto(
  name: string,
  define: (mosquitto: () => Mosquitto) => void,
  options: MosquittoOptions = {},
): void {
  if (mosquittoMissing && process.env['TOPICWISE_REQUIRE_MOSQUITTO'] !== '1') {
    describe.skip(`${name} (${mosquittoMissing})`, () => define(() => missing()));
    return;
  }
  describe(name, () => {
    let mosquitto: Mosquitto | undefined;
    beforeAll(async () => {
      mosquitto = await startMosquitto(options);
    });
    afterAll(() => mosquitto?.stop());
    define(() => mosquitto ?? missing());
  });
}

function missing(): never {
  throw new Error(`${mosquittoMissing ?? 'mosquitto is not running yet: ask for it inside a test'}.`);
}

/** Resolves once it takes connections. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  if (mosquittoMissing) missing();
  const mosquitto = new Mosquitto(await mkdtemp(join(tmpdir(), 'topicwise-mosquitto-')), options);
  await mosquitto.start();
  return mosquitto;
}

export class Mosquitto {
  readonly #folder: string;
  readonly #options: MosquittoOptions;
  #port = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #log = '';

  constructor(folder: string, options: MosquittoOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** What it wrote to its log. */
  get log(): string {
    return this.#log;
  }

  /** On a free port; after `restart` or `kill`, on the same one. Somebody may be faster with a port: then another is tried. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const port = this.#port || (await freePort());
      await this.#spawn(port);
      if (await this.#takesConnections(port)) {
        this.#port = port;
        return;
      }
      if (attempt === 5) throw new Error(`mosquitto does not start:\n${this.#log}`);
    }
  }

  /** Ends it as an administrator would: with persistence, what it knows is saved. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.start();
  }

  /** Ends it as a power cut would; `start` brings it back. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #spawn(port: number): Promise<void> {
    const { persistence, log = 'all', config = [] } = this.#options;
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      'log_dest stderr',
      ...(log === 'all' ? ['log_type all'] : ['log_type error', 'log_type warning']),
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      ...(persistence ? ['persistence true', `persistence_location ${this.#folder}/`] : []),
      ...config,
    ];
    const file = join(this.#folder, 'mosquitto.conf');
    await writeFile(file, `${lines.join('\n')}\n`);
    const child = spawn('mosquitto', ['-c', file], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    const abandon = () => child.kill();
    process.once('exit', abandon);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        process.off('exit', abandon);
        this.#child = undefined;
        resolve();
      });
    });
  }

  /** Tries until it is let in, or the process is gone. */
  async #takesConnections(port: number): Promise<boolean> {
    while (this.#child) {
      if (await connects(port)) return this.#child !== undefined;
    }
    return false;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await this.#exited;
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
