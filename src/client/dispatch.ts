// For app/ only; not part of the public API. The way of a message without iterators and promises.
import type { Client } from './client.js';
import type { ConnectionWatch } from './dispatcher.js';
import type { AckErrorCode, AckOptions, Message } from './message.js';
import { MqttClient } from './mqtt-client.js';
import { ReceivedMessage } from './received-message.js';

/**
 * Hands every message that no stream takes to `receive`, inside the read that brought it: no iterator, no promise. What waits in the buffer
 * comes first, at once. `receive` must not throw. One dispatcher a client. Returns its end.
 */
export function dispatchMessages(
  client: Client,
  receive: (message: Message) => void,
  watch: ConnectionWatch = {},
): () => void {
  if (!(client instanceof MqttClient)) {
    throw new TypeError(
      'dispatchMessages: this client was not made by connect(). Hand over the one that it resolved with.',
    );
  }
  return client.dispatch({ ...watch, receive });
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

/**
 * The application will never settle this message: the broker shall deliver it again. That takes another connection; at QoS 2 it also takes this
 * word, since the session would otherwise know the message and hand it over only once.
 */
export function giveUpMessage(message: Message): void {
  if (!(message instanceof ReceivedMessage)) {
    throw new TypeError('giveUpMessage: this message was not received by a client.');
  }
  message.giveUp();
}

/**
 * Ends the connection and opens the next one at once: the server delivers again what is not acknowledged. It says goodbye, so that the session stays and no will is published; requests under
 * way fare as over every other drop. `reason` is the cause of the disconnection, as a sentence. Does nothing where there is no connection: one is on its way, or none is wanted. Throws a TypeError for a client with
 * `reconnect: false`.
 */
export function reconnect(client: Client, reason: string): void {
  if (!(client instanceof MqttClient))
    throw new TypeError('reconnect: this client was not made by connect().');
  client.reconnect(new Error(reason));
}

/** How many attempts the connection that stands took, from 1; one that did not last counts as one of them. */
export function attemptsOf(client: Client): number {
  if (!(client instanceof MqttClient))
    throw new TypeError('attemptsOf: this client was not made by connect().');
  return client.attempts;
}
