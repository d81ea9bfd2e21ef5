import type { BrokerPolicy } from '../../../src/broker/index.js';
import type { ProtocolVersion } from '../../../src/packets/packet.js';
import type { RawClient } from '../../support/broker/raw-client.js';

type ConnectOptions = NonNullable<Parameters<RawClient['connect']>[0]>;

/** A broker, whichever it is, with the version of MQTT that the row is run in. */
export interface World {
  readonly version: ProtocolVersion;
  /** In front of all topics and client identifiers of this run, for packets that a row builds itself. */
  readonly scope: string;
  /** Of a CONNECT that asks for a session which outlives its connection. */
  readonly persistent: Readonly<ConnectOptions>;
  /** A connection on which nothing was said yet. */
  open(): Promise<RawClient>;
  /**
   * Sends the bytes as the first ones of a connection; resolves with all that came back until the broker ended it, whatever
   * its language. Fails if the broker goes on: a PINGREQ follows, and it answers that.
   */
  endOf(bytes: Uint8Array): Promise<Uint8Array>;
  /** A connected client. Its identifier is `clientId`; clean start and no keep-alive unless said otherwise. */
  client(clientId: string, options?: ConnectOptions): Promise<RawClient>;
  /** Ends the connection without a DISCONNECT, and waits until the broker has noticed. */
  drop(client: RawClient): Promise<void>;
  /** Waits until the broker has acted on what happened on other connections before. */
  noticed(): Promise<void>;
}

export interface Behaviour {
  /** What the broker does; names the statements of MQTT 5 that it shows. */
  readonly name: string;
  /** Default: both. */
  readonly versions?: readonly ProtocolVersion[];
  /** What a real broker does instead, in any version or in the one that is named. Its run there must fail. */
  readonly differs?: {
    readonly [broker in RealBroker]?: string | { readonly [version in ProtocolVersion]?: string };
  };
  /** What the fake has to be told to be like most real brokers in this. */
  readonly policy?: BrokerPolicy;
  readonly run: (world: World) => Promise<void>;
}

/** mosquitto 2.0.11 (MQTT 5 and 3.1.1) and aedes 1.2 (MQTT 3.1.1). */
export type RealBroker = 'mosquitto' | 'aedes';

/** How the broker differs from the row in this version, if it does. */
export function differenceOf(
  { differs }: Behaviour,
  broker: RealBroker,
  version: ProtocolVersion,
): string | undefined {
  const difference = differs?.[broker];
  return typeof difference === 'object' ? difference[version] : difference;
}
