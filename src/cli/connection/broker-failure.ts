import { MqttError } from '../../client/index.js';
import { Failure } from '../command.js';
import { legible } from '../legible.js';

/** The client speaks to programmers; here the same things are options. */
export const SPELLED: readonly (readonly [ofTheClient: string, here: string])[] = [
  ["Connect with { protocol: 4 }, or 'auto'", 'Leave --protocol out, or write --protocol 4'],
  ["connect with { protocol: 4 }, or 'auto'", 'leave --protocol out, or write --protocol 4'],
  ['in { tls: { ca } }', 'with --ca'],
  ['in { tls: { cert, key } }', 'with --cert and --key'],
  ['{ tls: { cert, key } }', '--cert and --key'],
  ['Check tls.cert', 'Check --cert'],
  [', or name one in { tls: { servername } }', ''],
  [', or { tls: { servername } }', ''],
  ['Choose another clientId', 'Choose another --client-id'],
  ['Check username and password', 'Check --username and MQTT_PASSWORD'],
  [', or raise connectTimeout', ''],
  ['raise timeout', 'raise --timeout'],
  [', or pass { connect } that opens a transport', ''],
];

/** What the client rejects with, as a sentence of the command line; any other error is a mistake of this program and stays one. */
export function brokerFailure(error: unknown): unknown {
  if (!(error instanceof MqttError)) return error;
  let sentence = error.message;
  for (const [ofTheClient, here] of SPELLED) sentence = sentence.replaceAll(ofTheClient, here);
  return new Failure(legible(sentence), { cause: error });
}

/** Waits for something of the client; what it rejects with is a sentence then. */
export async function ofBroker<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw brokerFailure(error);
  }
}
