/** In the order of the wire; a name may repeat. */
export interface UserProperties extends Iterable<readonly [name: string, value: string]> {
  /** The first value of the name. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
}

/** What the publisher said beside topic and payload. All empty on MQTT 3.1.1. */
export interface MessageProperties {
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  readonly payloadFormat?: 'bytes' | 'utf8';
  /** Seconds that are left. */
  readonly messageExpiryInterval?: number;
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
