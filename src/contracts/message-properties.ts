/** In the order of the wire; a name may repeat. */
export interface UserProperties extends Iterable<readonly [name: string, value: string]> {
  /** The first value of the name. */
  get(name: string): string | undefined;
  /** Every value of the name, in order; empty where there is none. */
  getAll(name: string): readonly string[];
}

/** What the publisher said beside topic and payload. All empty on MQTT 3.1.1. MQTT 5.0, 3.3.2.3. */
export interface MessageProperties {
  /** What the payload is, as a media type where publishers keep to custom. */
  readonly contentType?: string;
  /** Where the publisher waits for a reply. */
  readonly responseTopic?: string;
  /** What a reply has to bring back, byte for byte. */
  readonly correlationData?: Uint8Array;
  /** `utf8` where the publisher says that the payload is text. */
  readonly payloadFormat?: 'bytes' | 'utf8';
  /** Seconds that are left. */
  readonly messageExpiryInterval?: number;
  /** Of the subscriptions that the broker delivered it for. */
  readonly subscriptionIdentifiers: readonly number[];
  readonly userProperties: UserProperties;
}

/** What a message may have beside topic and payload, as a client reads it. */
export interface PlainProperties {
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly payloadFormat?: 'bytes' | 'utf8' | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  readonly userProperties?: Iterable<readonly [name: string, value: string]> | undefined;
}

export function propertiesFrom(message: PlainProperties): MessageProperties {
  const { contentType, responseTopic, correlationData, payloadFormat, messageExpiryInterval } = message;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData }),
    ...(payloadFormat !== undefined && { payloadFormat }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    subscriptionIdentifiers: message.subscriptionIdentifiers ?? [],
    userProperties: new ReceivedUserProperties(message.userProperties ?? []),
  };
}

class ReceivedUserProperties implements UserProperties {
  readonly #pairs: Iterable<readonly [string, string]>;

  constructor(pairs: Iterable<readonly [string, string]>) {
    this.#pairs = pairs;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): readonly string[] {
    return [...this.#pairs].flatMap(([key, value]) => (key === name ? [value] : []));
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}
