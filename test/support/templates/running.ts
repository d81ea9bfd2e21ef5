import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Broker } from '../../../src/broker/index.js';
import { type Client, connect } from '../../../src/client/index.js';
import { cleanEnv } from './packed.js';

/** An application as a process on an embedded broker, and a client beside it that sees everything. */
export interface Running {
  /** Publishes by `topicwise publish`, checked by the application's contract, and resolves with the first message on the other topic. */
  exchange(topic: string, payload: object, answer: string): Promise<unknown>;
  /** The same, but resolves once the application has acknowledged the message. */
  acknowledged(topic: string, payload: object): Promise<void>;
  /** Resolves with the match once its stderr holds it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly client: Client;
}

/** Runs what `npm run build` has made until `body` is done, then ends it with a signal. Resolves with its exit code. */
export async function running(
  app: string,
  env: Readonly<Record<string, string>>,
  body: (running: Running) => Promise<void>,
): Promise<number | null> {
  const acknowledgements = new EventTarget();
  await using broker = new Broker({
    observer: {
      packet(_connection, direction, packet) {
        if (direction === 'in' && packet.type === 'puback')
          acknowledgements.dispatchEvent(new Event('puback'));
      },
      message() {},
      closed() {},
    },
  });
  const { url } = await broker.listen({ port: 0, host: '127.0.0.1' });
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], {
    cwd: app,
    env: { ...cleanEnv(), ...env, MQTT_URL: url },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const said = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(stderr);
      if (match !== null) return match;
      const news = await Promise.race([once(child.stderr, 'data'), ended.then(() => undefined)]);
      if (news === undefined) throw new Error(`the application ended before it said ${pattern}:\n${stderr}`);
    }
  };
  try {
    await said(/Subscribed\./);
    await using client = await connect(url, { clientId: 'device' });
    const publish = (topic: string, payload: object) =>
      promisify(execFile)(
        join(app, 'node_modules/.bin/topicwise'),
        ['publish', topic, JSON.stringify(payload), '--entry', 'src/app.ts', '--url', url],
        { cwd: app, env: { ...cleanEnv(), ...env } },
      );
    await body({
      client,
      said,
      async exchange(topic, payload, answer) {
        await client.subscribe(answer);
        await publish(topic, payload);
        for await (const message of client.messages()) {
          await message.ack();
          return JSON.parse(message.text());
        }
        throw new Error('the connection ended before the answer came');
      },
      async acknowledged(topic, payload) {
        const puback = new Promise((resolve) => {
          acknowledgements.addEventListener('puback', resolve, { once: true });
        });
        await publish(topic, payload);
        await puback;
      },
    });
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = (await ended) as [number | null];
  return code;
}
