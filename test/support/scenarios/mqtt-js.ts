import { createConnection } from 'node:net';
import mqtt, { type IClientOptions, type IPublishPacket, type Packet } from 'mqtt';
import type { Transport } from '../../../src/transports/index.js';
import { duplexOf } from './duplex.js';
import {
  Outcome,
  type Subject,
  type SubjectClient,
  type SubjectMessage,
  type SubjectOptions,
  type SubjectPublishOptions,
  type SubjectSubscription,
} from './subject.js';
import { withVirtualTimers } from './virtual-timers.js';

export const mqttJs: Subject = {
  name: 'MQTT.js',
  open: (dial, _clock, _random, options) => new MqttJs(dial, options),
  within: withVirtualTimers,
};

const retainHandlings = { send: 0, 'send-if-new': 1, never: 2 } as const;

class MqttJs implements SubjectClient {
  readonly connecting: Outcome;
  readonly inbox: SubjectMessage[] = [];
  readonly told: number[] = [];
  readonly #client: mqtt.MqttClient;
  readonly #options: SubjectOptions;

  constructor(dial: () => Transport, options: SubjectOptions) {
    this.#options = options;
    const [host, port] = options.address?.split(':') ?? [];
    const open = () => (port ? createConnection(Number(port), host) : duplexOf(dial()));
    const client = new mqtt.MqttClient(open, optionsOf(options));
    this.#client = client;
    this.connecting = new Outcome(
      new Promise((resolve, reject) => {
        client.once('connect', resolve);
        if (options.unobserved) return;
        client.once('error', reject);
        client.once('end', () => reject(new Error('ended')));
      }),
    );
    if (!options.unobserved) {
      client.on('error', (error) => this.#tell(error));
      client.on('disconnect', (packet) => this.#tell({ code: packet.reasonCode }));
    }
    if (options.authenticationMethod) this.#answerChallenges(options.authenticationMethod);
    if (options.reading !== 'later' && !options.unobserved) this.read();
  }

  get isOver(): boolean {
    const { connected, reconnecting, disconnecting } = this.#client;
    return !connected && (disconnecting || !reconnecting);
  }

  publish(topic: string, payload: Uint8Array | string = '', options: SubjectPublishOptions = {}): Outcome {
    const { qos = 0, retain = false, messageExpiryInterval, signal } = options;
    const properties = messageExpiryInterval === undefined ? undefined : { messageExpiryInterval };
    return this.#outcome(async () => {
      const publishing = this.#client.publishAsync(topic, Buffer.from(payload), {
        qos,
        retain,
        ...(properties && { properties }),
      });
      const packetId = this.#client.getLastMessageId();
      const abort = () => this.#client.removeOutgoingMessage(packetId);
      signal?.addEventListener('abort', abort);
      return publishing.finally(() => signal?.removeEventListener('abort', abort));
    });
  }

  subscribe(filters: readonly SubjectSubscription[], { id }: { id?: number } = {}): Outcome {
    const map = Object.fromEntries(
      filters.map(({ filter, maximumQoS = 2, noLocal, retainHandling = 'send' }) => [
        filter,
        { qos: maximumQoS, nl: noLocal === true, rap: false, rh: retainHandlings[retainHandling] },
      ]),
    );
    // MQTT.js takes the options of SUBSCRIBE beside the map
    const options = { qos: 2 as const, ...(id && { properties: { subscriptionIdentifier: id } }) };
    return this.#outcome(() => this.#client.subscribeAsync(map, options));
  }

  unsubscribe(filters: readonly string[]): Outcome {
    return this.#outcome(() => this.#client.unsubscribeAsync([...filters]));
  }

  read(): void {
    this.#client.handleMessage = (packet, done) => {
      const { topic, payload, qos, dup } = packet as IPublishPacket; // only PUBLISH gets here
      const byHand = this.#options.acknowledge === 'by hand' && qos > 0;
      this.inbox.push({
        topic,
        payload: payload as Buffer, // as parsed
        qos,
        duplicate: dup,
        ack: byHand ? () => done() : () => undefined,
      });
      if (!byHand) done();
    };
  }

  abort(): void {
    this.#client.end(true);
  }

  reauthenticate(): Outcome {
    return new Outcome(Promise.reject(new Error('MQTT.js has no call for it')));
  }

  disconnect(options: { sessionExpiryInterval?: number; reasonCode?: number } = {}): Outcome {
    const { sessionExpiryInterval, reasonCode } = options;
    return this.#outcome(() =>
      this.#client.endAsync(false, {
        ...(reasonCode !== undefined && { reasonCode }),
        ...(sessionExpiryInterval !== undefined && { properties: { sessionExpiryInterval } }),
      }),
    );
  }

  close(): Outcome {
    return this.#outcome(() => this.#client.endAsync(true));
  }

  /** An async function, so that what throws rejects. */
  #outcome(call: () => Promise<unknown>): Outcome {
    return new Outcome((async () => call())());
  }

  #tell(error: unknown): void {
    const code = (error as { code?: unknown }).code; // errors with a reason code have it there
    if (typeof code === 'number') this.told.push(code);
    else if ((error as Error).message === 'Keepalive timeout') this.told.push(0x8d); // its words for that code
  }

  #answerChallenges(authenticationMethod: string): void {
    this.#client.handleAuth = (packet, done) => {
      const authenticationData = Buffer.from(`answer-to-${packet.properties?.authenticationData ?? ''}`);
      const answer = {
        cmd: 'auth',
        reasonCode: 0x18,
        properties: { authenticationMethod, authenticationData },
      };
      done(undefined, answer as unknown as Packet); // the published types know AUTH only as what comes in
    };
  }
}

function optionsOf(options: SubjectOptions): IClientOptions {
  const {
    protocol = 5,
    clientId = 'c',
    cleanStart = false,
    keepAlive = 60,
    connectTimeout = 30_000,
  } = options;
  return {
    protocolVersion: protocol,
    clientId,
    clean: cleanStart,
    keepalive: keepAlive,
    connectTimeout,
    queueQoSZero: true,
    autoAssignTopicAlias: options.outboundAliases === true,
    ...(protocol === 5 && {
      properties: {
        sessionExpiryInterval: options.sessionExpiryInterval ?? 300,
        receiveMaximum: options.receiveMaximum ?? 100,
        ...(options.maximumPacketSize !== undefined && { maximumPacketSize: options.maximumPacketSize }),
        ...(options.inboundAliases !== undefined && { topicAliasMaximum: options.inboundAliases }),
        ...(options.authenticationMethod && { authenticationMethod: options.authenticationMethod }),
      },
    }),
  };
}
