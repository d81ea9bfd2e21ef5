import type { Client } from '../../client/index.js';
import { describeDisconnection } from '../../session/disconnection.js';
import { legible } from '../legible.js';

/** Says each time that the connection goes and comes back, until the client is closed. */
export async function tellConnection(client: Client, say: (sentence: string) => void): Promise<void> {
  let isGone = false;
  for await (const state of client.states()) {
    if (state.state === 'waiting' && !isGone) {
      isGone = true;
      say(legible(`The connection is gone: ${describeDisconnection(state.last)}. Trying again.`));
    } else if (state.state === 'connected' && isGone) {
      isGone = false;
      say(
        state.sessionPresent
          ? 'The connection is back. What was published meanwhile at QoS 1 and 2 still comes.'
          : 'The connection is back. What was published meanwhile is lost: the broker had forgotten the session.',
      );
    }
  }
}
