import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Broker } from '../../../src/broker/index.js';
import { type Client, connect } from '../../../src/client/index.js';
import { cleanEnv, readManifest } from './packed.js';

/** An application as a process on an embedded broker, and a client beside it that sees everything. */
export interface Running {
  /** Publishes by `topicwise publish` to the topic or contract that the words say, checked by the application's contract, and resolves with the first message on the other topic. */
  exchange(words: readonly string[], payload: object, answer: string): Promise<unknown>;
  /** The same, but resolves once the application has acknowledged the message. */
  acknowledged(words: readonly string[], payload: object): Promise<void>;
  /** Resolves with the match once its stderr holds it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly client: Client;
}

/** Runs the script `start` on what `npm run build` has made until `body` is done, then ends it with a signal. Resolves with its exit code. */
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
  // Not by npm, which would stand between the application and its signal.
  const [command = '', ...words] = readManifest(app).scripts?.['start']?.split(' ') ?? [];
  const child = spawn(command, words, {
    cwd: app,
    env: { ...commandEnv(app), ...env, MQTT_URL: url },
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
    const publish = ([subject = '', ...others]: readonly string[], payload: object) =>
      promisify(execFile)(
        'topicwise',
        ['publish', subject, JSON.stringify(payload), ...others, '--entry', 'src/app.ts', '--url', url],
        { cwd: app, env: { ...commandEnv(app), ...env } },
      );
    await body({
      client,
      said,
      async exchange(words, payload, answer) {
        await client.subscribe(answer);
        await publish(words, payload);
        for await (const message of client.messages()) {
          await message.ack();
          return JSON.parse(message.text());
        }
        throw new Error('the connection ended before the answer came');
      },
      async acknowledged(words, payload) {
        const puback = new Promise((resolve) => {
          acknowledgements.addEventListener('puback', resolve, { once: true });
        });
        await publish(words, payload);
        await puback;
      },
    });
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = (await ended) as [number | null];
  return code;
}

/** Finds the commands that are installed in the application first, as npm's scripts do. */
function commandEnv(app: string): NodeJS.ProcessEnv {
  const env = cleanEnv();
  return { ...env, PATH: [join(app, 'node_modules/.bin'), env['PATH']].join(delimiter) };
}
