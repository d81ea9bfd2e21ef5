// kill -9 of a process of ours that publishes and receives with its session on disk, again and again, at moments that chance picks.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Client, connect } from '../../src/client/index.js';
import { seededRandom } from '../../src/time/index.js';
import { startMosquitto } from '../../test/support/mosquitto.js';
import { Accounts, type CountedQoS } from './accounts.js';
import { type Figure, none, scaled } from './area.js';
import { ByteProxy } from './byte-proxy.js';
import { persistent } from './load.js';
import { Progress } from './progress.js';
import { persistence } from './restarts.js';

const seed = 20_261_124;
/** Messages to the child that it has not acknowledged yet: it is fed no faster than it eats. */
const backlog = 100;

export async function run(scale: number): Promise<readonly Figure[]> {
  const rounds = scaled(50, scale);
  const mosquitto = await startMosquitto(persistence);
  const folder = await mkdtemp(join(tmpdir(), 'topicwise-soak-'));
  const proxy = await ByteProxy.start(mosquitto.port); // the child's; the observer's connection always holds
  const observer = await connect(mosquitto.url, { ...persistent, clientId: 'soak-observer' });
  try {
    await observer.subscribe({ filter: 'soak/out/+', maximumQoS: 2 });
    return await new Kills(proxy, folder, observer).run(rounds);
  } finally {
    await observer.close();
    await proxy.close();
    await mosquitto.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class Kills {
  readonly #proxy: ByteProxy;
  readonly #folder: string;
  readonly #observer: Client;
  readonly #random = seededRandom(seed);
  readonly #progress = new Progress();
  /** From the child: promised when its publish resolved, arrived at the observer. */
  readonly #out = new Accounts(this.#progress);
  /** To the child: promised when the broker has it, arrived when the child is about to acknowledge it: before, it must come again. */
  readonly #in = new Accounts(this.#progress);
  readonly #acknowledged = new Set<number>();
  #deliveredAgain = 0;
  #lostSessions = 0;
  #lines = 0;
  #child: ChildProcess | undefined;
  #rested = false;
  #stopping = false;

  constructor(proxy: ByteProxy, folder: string, observer: Client) {
    this.#proxy = proxy;
    this.#folder = folder;
    this.#observer = observer;
  }

  async run(rounds: number): Promise<Figure[]> {
    const observing = this.#observe();
    observing.catch((error) => this.#progress.fail(error));
    // The child subscribes before it is fed.
    let ended = this.#start(0);
    await this.#until('the child', () => this.#lines > 1);
    const feeding = Promise.all(([1, 2] as const).map((qos) => this.#feed(qos)));
    feeding.catch((error) => this.#progress.fail(error));
    for (let round = 1; round <= rounds; round++) {
      const killAt = this.#lines + 100 + Math.floor(this.#random() * 8_000);
      await this.#until('the child to work', () => this.#lines >= killAt);
      this.#child!.kill('SIGKILL');
      await ended;
      ended = this.#start(round);
    }
    const lines = this.#lines;
    await this.#until('the last child to work', () => this.#lines >= lines + 500);
    this.#stopping = true;
    await feeding;
    this.#child!.stdin!.write('stop\n');
    await this.#until('the last messages', () => this.#rested && this.#out.missing + this.#in.missing === 0);
    this.#child!.stdin!.end();
    await ended;
    await this.#observer.disconnect();
    await observing;
    const resumed = `Of ${rounds} restarts.`;
    return [
      { name: 'rounds', value: rounds },
      { name: 'seed', value: seed },
      ...this.#out.figures('child to observer'),
      // Delivered twice is once too often only if it was acknowledged in between.
      ...this.#in
        .figures('feeder to child', this.#proxy.audit.repeated)
        .filter(({ name }) => !name.includes('arrived more than once')),
      none(
        'feeder to child: QoS 2 delivered after it was acknowledged',
        this.#deliveredAgain,
        'QoS 2 means exactly once.',
      ),
      none('restarts that did not find their session', this.#lostSessions, resumed),
    ];
  }

  /** Resolves when the child has ended, and everything that it said was heard. */
  async #start(round: number): Promise<void> {
    const script = fileURLToPath(new URL('./killed-child.ts', import.meta.url));
    const args = ['--import', 'tsx', script, this.#proxy.url, this.#folder, String(round * 1_000_000 + 1)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const abandon = () => child.kill('SIGKILL');
    process.once('exit', abandon);
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const [what, qos, id] = line.split(' ');
      this.#heard(what, Number(qos) as CountedQoS, Number(id), round); // the child's script writes these lines
    }
    process.off('exit', abandon);
    if (this.#stopping || child.killed) return;
    this.#progress.fail(new Error(`The child of round ${round} ended by itself.`));
  }

  #heard(what: string | undefined, qos: CountedQoS, id: number, round: number): void {
    const { repeated } = this.#proxy.audit;
    this.#lines++;
    if (what === 'resolved') this.#out.promised(qos, id);
    if (what === 'got' && qos === 2 && this.#acknowledged.has(id) && !repeated.has(id))
      this.#deliveredAgain++;
    if (what === 'acknowledging') this.#in.arrived(qos, id);
    if (what === 'acknowledged' && qos === 2) this.#acknowledged.add(id);
    if (what === 'new' && round > 0) this.#lostSessions++;
    if (what === 'rested') this.#rested = true;
    this.#progress.made();
  }

  async #feed(qos: CountedQoS): Promise<void> {
    for (let id = 1; !this.#stopping; id++) {
      await this.#observer.publish(`soak/in/${qos}`, String(id), { qos });
      this.#in.promised(qos, id);
      await this.#until('the child to keep up', () => this.#stopping || this.#in.missing < backlog);
    }
  }

  async #observe(): Promise<void> {
    for await (const message of this.#observer.messages()) {
      this.#out.arrived(message.topic === 'soak/out/1' ? 1 : 2, Number(message.text()));
      void message.ack();
    }
  }

  #until(what: string, holds: () => boolean): Promise<void> {
    return this.#progress.until(what, holds, () => ({
      lines: this.#lines,
      missingOut: this.#out.missing,
      missingIn: this.#in.missing,
      rested: this.#rested,
      observer: this.#observer.stats(),
    }));
  }
}
