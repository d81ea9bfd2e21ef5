// What a document is made from.
import type { Contract, QoS } from '../contracts/index.js';

/** What the document says of the application as a whole. */
export interface ApplicationInfo {
  /** Default 'MQTT application'. */
  readonly title?: string;
  /** Of the application, not of AsyncAPI. Default '0.0.0'. */
  readonly version?: string;
  /** Markdown. */
  readonly description?: string;
}

/** A handler of messages. */
export interface Receiving {
  /** `DrawerController.onStatus`. */
  readonly name: string;
  readonly contract: Contract;
  readonly qos: QoS;
  readonly share: string | undefined;
  readonly summary: string | undefined;
  readonly tags: readonly string[];
  /** The values of each parameter that is narrowed. */
  readonly bound: Readonly<Record<string, readonly string[]>>;
  /** The topics of the messages that it may return. */
  readonly sends: readonly Contract[];
}

export interface ServerDescription {
  /** `mqtts://host:8883`. Credentials and a query in it don't reach the document. */
  readonly url: string;
  /** '5.0' or '3.1.1'; undefined where both are tried. */
  readonly protocolVersion?: string | undefined;
  /** Whether it asks for a user name beside one in the URL. */
  readonly hasUser?: boolean;
  /** Whether the client shows a certificate. */
  readonly hasCertificate?: boolean;
}

export interface Description {
  readonly info?: ApplicationInfo | undefined;
  readonly servers?: readonly ServerDescription[];
  /** Put before every topic but those that start with `$`, with its slash: `site-a/`. */
  readonly prefix?: string | undefined;
  readonly receives: readonly Receiving[];
  /** The topics that the application publishes to, or asks for a reply, beside what its handlers return. */
  readonly sends?: readonly Contract[];
  /** The user properties of a reply that says why there is none, with what each of them means. */
  readonly errorReply?: Readonly<Record<string, string>> | undefined;
}
