import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Client, type ConnectOptions, connect } from '../../client/index.js';
import { Failure, Misunderstanding } from '../command.js';
import type { Host } from '../host.js';
import { ofBroker } from './broker-failure.js';
import type { ConnectionGiven } from './options.js';

/** Milliseconds that a broker may take for an answer: whoever waits at a terminal wants to know. */
const ANSWER_TIMEOUT = 30_000;

export interface Connected {
  readonly client: Client;
  /** What was agreed on. */
  readonly protocolVersion: 4 | 5;
  /** The broker knew the session. */
  readonly sessionPresent: boolean;
  /** Seconds for which the broker keeps the session. */
  readonly sessionExpiryInterval: number;
}

/** Connects as the options and the environment say; `settings` are the command's own. Throws a Failure for whatever is wrong with files, broker or network. */
export async function openConnection(
  given: ConnectionGiven,
  host: Host,
  settings: Omit<ConnectOptions, 'protocol' | 'tls' | 'username' | 'password' | 'clientId'> & {
    readonly clientId?: string | undefined;
  },
): Promise<Connected> {
  const { env } = host;
  const url = addressOf(given, host);
  const username = given.username ?? (env['MQTT_USERNAME'] || undefined);
  const password = env['MQTT_PASSWORD'] || undefined;
  const { clientId = given['client-id'], sessionExpiryInterval: expiry, ...own } = settings;
  const tls = tlsOf(given, host, url);
  const client = await ofBroker(
    connect(url, {
      ackTimeout: ANSWER_TIMEOUT,
      ...own,
      // On MQTT 3.1.1 the clean start alone says whether a session lasts.
      ...(given.protocol !== '4' && expiry !== undefined && { sessionExpiryInterval: expiry }),
      protocol: given.protocol === undefined ? 'auto' : given.protocol === '4' ? 4 : 5,
      ...(clientId !== undefined && { clientId }),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls }),
    }),
  );
  const { sessionPresent, server } = await ofBroker(client.connected());
  const { protocolVersion, sessionExpiryInterval } = server;
  return { client, protocolVersion, sessionPresent, sessionExpiryInterval };
}

/** Where to connect. The environment is read late: an entry may have loaded its `.env`. */
export function addressOf(given: ConnectionGiven, { env }: Pick<Host, 'env'>): string {
  return given.url ?? (env['MQTT_URL'] || 'mqtt://localhost');
}

/** The address as it may be printed: without what only the broker should see. */
export function shownAddress(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}

function tlsOf(
  { ca, cert, key }: ConnectionGiven,
  { cwd }: Pick<Host, 'cwd'>,
  url: string,
): TlsOptions | undefined {
  const files = { ca, cert, key };
  const named = Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [{ name, file }]));
  const [first] = named;
  if (first === undefined) return undefined;
  if (!/^(mqtts|wss):/.test(url)) {
    throw new Misunderstanding(
      `--${first.name} is for an encrypted connection, and ${shownAddress(url)} is none: write mqtts:// or wss://.`,
    );
  }
  return Object.fromEntries(named.map(({ name, file }) => [name, contents(`--${name}`, file, cwd)]));
}

function contents(option: string, file: string, cwd: string): Buffer {
  try {
    return readFileSync(resolve(cwd, file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`${option}: ${file} could not be read: ${reason}.`, { cause: error });
  }
}
