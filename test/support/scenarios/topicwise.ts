import {
  type Client,
  type ConnectOptions,
  connect,
  type MessageStream,
  openDiskSessionStore,
} from '../../../src/client/index.js';
import {
  Outcome,
  type Subject,
  type SubjectClient,
  type SubjectMessage,
  type SubjectOptions,
  type SubjectReader,
} from './subject.js';

export const topicwise: Subject = {
  name: 'topicwise',
  open(dial, clock, random, options) {
    const abort = new AbortController();
    const connecting = (async () => {
      const endpoint = options.address ? `mqtt://${options.address}` : { connect: async () => dial() };
      const stored = options.store && { sessionStore: await openDiskSessionStore(options.store) };
      return connect(endpoint, { ...optionsOf(options), ...stored, clock, random, signal: abort.signal });
    })();
    return new Topicwise(connecting, abort, options);
  },
  within: (_, script) => script(),
};

function optionsOf(options: SubjectOptions): ConnectOptions {
  const { protocol, clientId, cleanStart, keepAlive, connectTimeout, receiveMaximum, maximumPacketSize } =
    options;
  return {
    ...(protocol && { protocol }),
    ...(clientId !== undefined && { clientId }),
    ...(cleanStart !== undefined && { cleanStart }),
    ...(keepAlive !== undefined && { keepAlive }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(receiveMaximum !== undefined && { receiveMaximum }),
    ...(maximumPacketSize !== undefined && { maximumPacketSize }),
    ...(options.sessionExpiryInterval !== undefined && {
      sessionExpiryInterval: options.sessionExpiryInterval,
    }),
    ...(options.authenticationMethod && { auth: authOf(options.authenticationMethod) }),
    ...(options.offlineQueue && { offline: { maxMessages: 100, overflow: 'reject' } }),
    ...(options.republish && { onSessionLost: 'republish' }),
    ...(options.inboundAliases !== undefined && { topicAliases: { inbound: options.inboundAliases } }),
  };
}

function authOf(method: string): NonNullable<ConnectOptions['auth']> {
  return {
    method,
    start: async () => Buffer.from('hello'),
    next: async (challenge) => Buffer.from(`answer-to-${Buffer.from(challenge)}`),
  };
}

class Topicwise implements SubjectClient {
  readonly connecting: Outcome;
  readonly inbox: SubjectMessage[] = [];
  readonly told: number[] = [];
  isOver = false;
  readonly #abort: AbortController;
  readonly #options: SubjectOptions;
  #client: Client | undefined;

  constructor(connecting: Promise<Client>, abort: AbortController, options: SubjectOptions) {
    this.#abort = abort;
    this.#options = options;
    const ready = connecting.then((client) => {
      this.#client = client;
      if (options.unobserved) return;
      void this.#watch(client);
      if (options.reading !== 'later') this.read();
    });
    this.connecting = new Outcome(ready);
  }

  publish(topic: string, payload: Uint8Array | string = '', options = {}): Outcome {
    return this.#outcome((client) => client.publish(topic, payload, options));
  }

  subscribe(filters: Parameters<SubjectClient['subscribe']>[0], options = {}): Outcome {
    return this.#outcome((client) => client.subscribe(filters, options));
  }

  unsubscribe(filters: readonly string[]): Outcome {
    return this.#outcome((client) => client.unsubscribe(filters));
  }

  read(): void {
    void this.#read(this.#connected().messages());
  }

  reader(): SubjectReader {
    const abort = new AbortController();
    const messages = this.#connected().messages({ signal: abort.signal });
    return {
      next: () => new Outcome(messages.next().then(({ value }) => value?.topic)),
      abort: () => abort.abort(new Error('stopped by the script')),
      return: () => void messages.return(),
    };
  }

  abort(): void {
    this.#abort.abort(new Error('given up by the script'));
  }

  reauthenticate(): Outcome {
    return this.#outcome((client) => client.reauthenticate());
  }

  disconnect(options: { sessionExpiryInterval?: number; reasonCode?: number } = {}): Outcome {
    const { sessionExpiryInterval } = options;
    return this.#outcome((client) =>
      client.disconnect({
        ...(sessionExpiryInterval !== undefined && { sessionExpiryInterval }),
        ...(options.reasonCode === 0x04 && { withWill: true }),
      }),
    );
  }

  close(): Outcome {
    if (!this.#client) {
      this.abort();
      return new Outcome(Promise.resolve());
    }
    return this.#outcome((client) => client.close());
  }

  #connected(): Client {
    if (!this.#client) throw new Error('The script uses the client before it is connected.');
    return this.#client;
  }

  #outcome(call: (client: Client) => Promise<unknown>): Outcome {
    return new Outcome(call(this.#connected()));
  }

  async #read(messages: MessageStream): Promise<void> {
    try {
      for await (const message of messages) {
        this.inbox.push({
          topic: message.topic,
          payload: message.payload,
          qos: message.qos,
          duplicate: message.duplicate,
          ack: () => void message.ack(),
        });
        if (this.#options.acknowledge !== 'by hand') void message.ack();
      }
    } catch {
      // the connection is gone for good, which the states tell
    }
  }

  async #watch(client: Client): Promise<void> {
    for await (const state of client.states()) {
      if (state.state === 'closed') this.isOver = true;
      if (!('last' in state) || !state.last) continue;
      if (state.last.by !== 'network') this.told.push(state.last.reasonCode);
    }
  }
}
