import { parseArgs } from 'node:util';
import { Broker, ListenError } from '../broker/index.js';
import { connectionLog } from './connection-log.js';
import type { Host } from './host.js';

const help = `topicwise broker: an MQTT 5.0 and 3.1.1 broker for development; it forgets everything when it ends

Usage: topicwise broker [option ...]

Options:
  --port <number>     listen on this TCP port; 0 takes a free one (default: 1883)
  --ws-port <number>  take MQTT over WebSocket on this port too, under any path; needs the package ws
  --host <address>    listen on this address; 0.0.0.0 is all of this machine's networks (default: 127.0.0.1)
  -h, --help          print this help

It prints a line for each connection that opens and closes. Ctrl-C ends it.

Example: npx topicwise broker --port 1883 --ws-port 8083
`;

interface Options {
  readonly port: number;
  readonly webSocketPort: number | undefined;
  readonly host: string;
}

/** What was not understood, as a sentence. */
class Misunderstanding extends Error {}

/** Runs a broker until a signal comes; a second one ends the process at once. */
export async function broker(words: readonly string[], host: Host): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions(words);
  } catch (error) {
    if (!(error instanceof Misunderstanding)) throw error;
    host.stderr.write(`topicwise broker: ${error.message} See 'topicwise broker --help'.\n`);
    return 2;
  }
  if (options !== 'help') return await run(options, host);
  host.stdout.write(help);
  return 0;
}

async function run({ port, webSocketPort, host: address }: Options, host: Host): Promise<number> {
  const say = (line: string) => host.stdout.write(`${line}\n`);
  const complain = (sentence: string) => host.stderr.write(`topicwise broker: ${sentence}\n`);
  await using broker = new Broker({
    observer: {
      ...connectionLog(say),
      listenerFailed: (url, error) => complain(`${url} could not take a connection: ${error.message}.`),
    },
  });
  const signalled = firstSignal(host);
  try {
    const urls = [(await broker.listen({ port, host: address })).url];
    if (webSocketPort !== undefined) {
      urls.push((await broker.listen({ protocol: 'ws', port: webSocketPort, host: address })).url);
    }
    say(`The broker listens on ${urls.join(' and ')}. Ctrl-C ends it.`);
    await signalled.came;
    await broker.close();
    return 0;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    complain(error.message);
    return 1;
  } finally {
    signalled.forget();
  }
}

function firstSignal(host: Host): { came: Promise<void>; forget: () => void } {
  let forget = () => {};
  const came = new Promise<void>((resolve) => {
    let first = true;
    forget = host.onSignal(() => {
      if (!first) host.exit(1);
      first = false;
      resolve();
    });
  });
  return { came, forget };
}

function readOptions(words: readonly string[]): Options | 'help' {
  const { tokens, values } = parseArgs({
    args: [...words],
    options: {
      port: { type: 'string' },
      'ws-port': { type: 'string' },
      host: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false, // it would explain itself in sentences of its own
    tokens: true,
  });
  const known = ['port', 'ws-port', 'host', 'help'];
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Misunderstanding(`'${token.value}' is not understood.`);
    if (token.kind !== 'option') continue;
    if (!known.includes(token.name)) throw new Misunderstanding(`'${token.rawName}' is not understood.`);
    if (token.name === 'help' && token.value !== undefined) {
      throw new Misunderstanding(`${token.rawName} takes no value.`);
    }
  }
  if (values.help === true) return 'help';
  const host = values.host ?? '127.0.0.1';
  if (typeof host !== 'string' || host === '') {
    throw new Misunderstanding('--host takes an address, such as 0.0.0.0.');
  }
  return {
    port: portOf('--port', values.port) ?? 1883,
    webSocketPort: portOf('--ws-port', values['ws-port']),
    host,
  };
}

function portOf(option: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  const given = typeof value === 'string' ? `, not '${value}'` : '';
  throw new Misunderstanding(`${option} takes a number from 0 to 65535${given}.`);
}
