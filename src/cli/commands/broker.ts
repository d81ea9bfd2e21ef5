import { Broker, ListenError } from '../../broker/index.js';
import { defineCommand, Failure, type OptionValues, value } from '../command.js';
import { firstSignal } from '../first-signal.js';
import type { Host } from '../host.js';
import { connectionLog } from './connection-log.js';
import { portOption } from './port-option.js';

const options = {
  port: portOption('listen on this TCP port; 0 takes a free one (default: 1883)'),
  'ws-port': portOption('take MQTT over WebSocket on this port too, under any path; needs the package ws'),
  host: value({
    shown: '<address>',
    summary: "listen on this address; 0.0.0.0 is all of this machine's networks (default: 127.0.0.1)",
    takes: 'an address, such as 0.0.0.0',
    read: (text) => text || undefined,
  }),
};

/** Runs a broker until a signal comes; a second one ends the process at once. */
export const broker = defineCommand({
  name: 'broker',
  summary: 'run an MQTT broker for development',
  purpose: 'an MQTT 5.0 and 3.1.1 broker for development; it forgets everything when it ends',
  options,
  notes: 'It prints a line for each connection that opens and closes. Ctrl-C ends it.',
  example: 'npx topicwise broker --port 1883 --ws-port 8083',
  run,
});

async function run(given: OptionValues<typeof options>, host: Host): Promise<number> {
  const { port = 1883, 'ws-port': webSocketPort, host: address = '127.0.0.1' } = given;
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
    throw error instanceof ListenError ? new Failure(error.message) : error;
  } finally {
    signalled.forget();
  }
}
