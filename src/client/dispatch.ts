// For app/ only; not part of the public API. The way of a message without iterators and promises.
import type { Disconnection } from '../session/disconnection.js';
import type { Client } from './client.js';
import type { AckErrorCode, AckOptions, Message } from './message.js';
import { MqttClient } from './mqtt-client.js';
import { ReceivedMessage } from './received-message.js';

/**
 * Hands every message that no stream takes to `receive`, inside the read that brought it: no iterator, no promise. What waits in the buffer
 * comes first, at once. `receive` must not throw. `lost` is told in the moment in which a connection goes, by whomever, before any promise settles; whether another
 * one follows, the client's state says. From then on every settlement at QoS 1 is `stale`; one at QoS 2 is `queued`, and leaves on the next connection if the server has the session. `subscriptionLost` is
 * told of a subscription that could not be made again. One dispatcher a client. Returns its end.
 */
export function dispatchMessages(
  client: Client,
  receive: (message: Message) => void,
  lost: (disconnection: Disconnection) => void = () => undefined,
  subscriptionLost: (filter: string, error: Error) => void = () => undefined,
): () => void {
  if (!(client instanceof MqttClient)) {
    throw new TypeError(
      'dispatchMessages: this client was not made by connect(). Hand over the one that it resolved with.',
    );
  }
  return client.dispatch({ receive, lost, subscriptionLost });
}

/**
 * `message.ack()` (code 0) or `message.reject(code)` without a promise; nobody is told when a queued one leaves. Returns where the
 * acknowledgement stands now; a second settlement changes nothing.
 */
export function settleMessage(
  message: Message,
  code: 0 | AckErrorCode = 0,
  options?: AckOptions,
): Exclude<Message['ackState'], 'pending'> {
  if (!(message instanceof ReceivedMessage)) {
    throw new TypeError('settleMessage: this message was not received by a client.');
  }
  return message.settle(code, options);
}
