import { Broker, type BrokerOptions } from '../../../src/broker/index.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { afterThisTest, serveTcp } from '../transports/servers.js';
import { applicationFolder } from './application-folder.js';
import { RecordingHost } from './recording-host.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process, as somebody would in `cwd`. */
export async function ran(
  words: readonly string[],
  surroundings: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly stdin?: string;
  } = {},
): Promise<Ran> {
  const host = new RecordingHost(surroundings.cwd);
  Object.assign(host.env, surroundings.env);
  host.stdin = surroundings.stdin ?? '';
  const code = await topicwise(words, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** A broker of this process on a free port, closed after the test. */
export async function listeningBroker(options: BrokerOptions = {}): Promise<{ broker: Broker; url: string }> {
  const broker = new Broker(options);
  afterThisTest(() => broker.close());
  const { url } = await broker.listen({ port: 0, host: '127.0.0.1' });
  return { broker, url: String(url) };
}

const application = `import { createApp, defineTopic, ReplyError } from 'topicwise';
import { z } from 'zod';

export const reading = defineTopic('sensors/+id/reading', { payload: z.object({ celsius: z.number() }) });
export const note = defineTopic('notes/+id', { codec: 'text', qos: 2, retain: true, messageExpiryInterval: 60 });
export const blob = defineTopic('blobs/+id');
export const setTarget = defineTopic('rooms/+room/target', {
  payload: z.object({ celsius: z.number() }),
  params: { room: z.string().regex(/^[a-z]+$/) },
  reply: z.object({ was: z.number() }),
});
const upsideDown = {
  name: 'upside down',
  contentTypes: ['text/x-upside-down'],
  encode: (value) => Buffer.from(JSON.stringify(value)).reverse(),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).reverse().toString()),
};
export const turned = defineTopic('turned', { codec: upsideDown });

export const app = createApp({
  connection: { url: process.env.TEST_URL ?? 'mqtt://127.0.0.1:1', clientId: 'house' },
  prefix: 'site-a',
  logger: { debug() {}, info() {}, warn() {}, error() {}, child() { return this; } },
});
app.on(reading, function onReading({ payload }) {
  if (payload.celsius > 100) throw new RangeError('too hot: ' + payload.celsius);
}, { errors: [] });
app.on(setTarget, function onTarget({ params, payload }) {
  if (params.room === 'none') throw new ReplyError('not-found', 'No such room');
  return payload.celsius < 0 ? { was: 'cold' } : { was: 18 };
});
`;

/** The folder of an application with `app.ts`, and the same in `src/`: contracts, a prefix, a handler that answers and one that fails. */
export const houseFolder = (): string =>
  applicationFolder({ 'app.ts': application, 'src/app.ts': application });

/** The address of a server that lets everybody in and ends the connection at the next packet, so in the middle of whatever was asked. */
export async function leavingServer(): Promise<string> {
  const { url } = await serveTcp((socket) => {
    socket.once('data', () => {
      socket.write(Uint8Array.of(0x20, 3, 0, 0, 0));
      socket.once('data', () => socket.destroy());
    });
  });
  return url;
}
