import type { ConnectionOptions } from 'node:tls';
import type { PublishProperties, QoS, UserProperties } from '../packets/packet.js';
import type { SessionStore } from '../session/session-store.js';
import type { Clock, Random } from '../time/clock.js';
import type { AuthOptions } from './authenticator.js';
import type { Hooks } from './observers.js';
import type { ReconnectOptions } from './reconnect.js';

/** Bytes as they are; a string is sent as UTF-8. Nothing is turned into JSON. */
export type Payload = Uint8Array | string;

/** What the server publishes for this client when it goes without DISCONNECT, or with `withWill`. */
export interface Will extends PublishProperties {
  topic: string;
  payload?: Payload;
  /** Default 0. */
  qos?: QoS;
  retain?: boolean;
  /** Seconds that the server waits for the client to come back. MQTT 5 only. Default 0. */
  delay?: number;
}

export interface ClientOptions {
  /**
   * 5 is MQTT 5.0, 4 is MQTT 3.1.1. `auto`: 5, and 4 if the first server answers that it does not know 5; what was agreed on is `server.protocolVersion` of the state `connected`, and stays for the life
   * of the client. On MQTT 3.1.1 the options that only MQTT 5 has are then left out (`sessionExpiryInterval`: there a session that is not clean lasts), and properties of a publish are still refused. To hooks each of the
   * two tries is a client of its own. Default 5.
   */
  protocol?: 5 | 4 | 'auto';
  /** The key of the session on the server. Default: a random one; `''` lets the server choose. */
  clientId?: string;
  username?: string;
  password?: Uint8Array | string;
  /**
   * For `mqtts://` and `wss://`: `ca`, `cert` and `key` (contents, not file names), `servername` and so on. The server's certificate is
   * verified unless `rejectUnauthorized` is false here.
   */
  tls?: ConnectionOptions;
  /**
   * Forget the session that the server may have kept. This is for the first connection, what follows goes on with its session; but on MQTT 3.1.1 under a generated client id
   * every connection is a clean start, since such a session would stay with the server for ever. Default: false with a `clientId` of yours, true otherwise.
   */
  cleanStart?: boolean;
  /**
   * Seconds for which the server keeps the session when the connection is gone. Default 300. A graceful close under a generated
   * client id ends the session, since nobody could come back to it. Not on MQTT 3.1.1.
   */
  sessionExpiryInterval?: number;
  /** Seconds without traffic after which the connection is tested; 0 is off; the server's word wins. Default 60. */
  keepAlive?: number;
  /** Milliseconds until the server must have accepted, all phases together; a `sessionStore` has as long to be read before the first attempt. Default 30,000. */
  connectTimeout?: number;
  /**
   * Milliseconds that the server may take to answer a PUBLISH at QoS 1 or 2, a PUBREL, SUBSCRIBE or UNSUBSCRIBE once it left. A server that takes longer is taken for dead: the
   * connection ends with `AckTimeoutError` as its cause, between one and one and a half times this later, and the next one sends again what is unanswered, since on a live connection nothing may be
   * sent twice. To end a single wait, give its call a `signal`. Default null: it may take for ever, as long as it keeps the connection alive.
   */
  ackTimeout?: number | null;
  /** Milliseconds that `disconnect` and `drain` wait for requests under way. Default 10,000. */
  drainTimeout?: number;
  /**
   * QoS 1 and 2 messages that may wait for their acknowledgement; a server that sends more is disconnected with 0x93. MQTT 3.1.1
   * cannot tell the server: there, reading pauses at this mark. Default 100.
   */
  receiveMaximum?: number;
  /**
   * What to do with a server that sends more than `receiveMaximum`. `disconnect`: 0x93, as MQTT 5.0, 3.3.4 and 4.13 want it. `pause`: stop reading until
   * messages were acknowledged, for servers that can't count: mosquitto 2.0.11 sends about two messages for each PUBACK while it has a
   * backlog. What one read brings, 64 KiB at most, comes on top; reading goes on while the answer to a request, the reply to a `request()` or AUTH is waited for, up to four times `receiveMaximum` (at least 400), then 0x93. MQTT 3.1.1,
   * which has no receive maximum, always pauses. Default `disconnect`; an application's connection: `pause`.
   */
  receiveMaximumExceeded?: 'disconnect' | 'pause';
  /**
   * `strict`: acknowledgements leave in the order in which the messages of their QoS came [MQTT-4.6.0-2] [MQTT-4.6.0-3], so a message
   * that you keep keeps those behind it. `unordered`: each leaves when you settle it; most servers take that, the specification does not. Default `strict`.
   */
  ackOrder?: 'strict' | 'unordered';
  /**
   * Numbers that stand for topics, so that these need not be sent each time; nothing else shows that there are any. `inbound`: how many the server may use, default 0.
   * `outbound`: how many this client uses, as far as the server allows, for the topics published last; default 32. MQTT 5 only.
   */
  topicAliases?: { inbound?: number; outbound?: number | 'off' };
  /** QoS 1 and 2 publishes under way at once; the server's receive maximum applies too. Default 65,535. */
  sendMaximum?: number;
  /** Bytes of a whole packet; a server that sends a bigger one is disconnected with 0x95. Default 16 MiB. */
  maximumPacketSize?: number;
  /** QoS 0 messages that wait for a reader, and which one is dropped and counted beyond. Default 1,000, the oldest. */
  qos0Overflow?: { limit: number; policy?: 'drop-oldest' | 'drop-newest' };
  /**
   * Whether and how the client comes back when a connection is gone; after a code like 0x8E (another client took over the session) or 0x87 (not authorized) it stops. Default true: at once after a
   * connection that lasted, then after waits of 250 ms to 30 s. While it is gone, publishes that had been accepted wait, new ones are for `offline` to say; `subscribe` rejects, a SUBSCRIBE or UNSUBSCRIBE
   * under way at the drop is sent once more, and `unsubscribe` waits.
   */
  reconnect?: boolean | ReconnectOptions;
  /** Asked before every attempt, for tokens that expire; wins over `username` and `password`. `attempt` counts from 1, anew after each connection that lasted. */
  credentials?: (attempt: number) => Promise<{ username?: string; password?: Uint8Array | string }>;
  /**
   * What a publish does while there is no connection. `reject`: it rejects with `ConnectionLostError`. Or it waits, in a queue with bounds: `maxBytes` counts topics and payloads (default Infinity), a
   * full queue rejects the new publish (`reject`) or the oldest one (`drop-oldest`, QoS 0 first) with `LimitError`, QoS 0 waits only with `qos0`. What the server turns out not to
   * take rejects with `LimitError` once there is a connection; what expired (`messageExpiryInterval`) is never sent and rejects with `MessageExpiredError`. Default `reject`.
   */
  offline?:
    | 'reject'
    | { maxMessages: number; maxBytes?: number; overflow: 'reject' | 'drop-oldest'; qos0?: boolean };
  /**
   * What becomes of publishes that were sent and not acknowledged when the server comes back without the session: they reject with `SessionLostError`, or are
   * published as new ones, which may deliver them twice. A QoS 2 message of which the server said that it has it is never published again. Default `reject`.
   * What an earlier process left in the session store has no promise to reject: see `hooks.storedPublishFailed`.
   */
  onSessionLost?: 'reject' | 'republish';
  /**
   * When subscriptions are made again on a new connection, once, with their options and identifiers. A session may be lost unseen: so they are also made again where a
   * CONNECT had no answer before, and after a restart with a `sessionStore`. One that the server now refuses is given up, and streams that hold it end with `NegativeAckError`; with `never`, streams end with `SessionLostError`
   * when the session is lost. Default `when-session-lost`.
   */
  resubscribe?: 'when-session-lost' | 'always' | 'never';
  /** Whether retained messages come again when a subscription is made again. On MQTT 3.1.1 they always do. Default false. */
  replayRetained?: boolean;
  /** Keeps the session where it outlives this process; needs a `clientId`. The client closes it; `close` rejects with `StoreError` if that takes longer than 30 s. Default: none, the session lives as long as the client. */
  sessionStore?: SessionStore;
  will?: Will;
  /** Of the CONNECT packet. MQTT 5 only. */
  userProperties?: UserProperties;
  /** Ask for the hint from which response topics are made. MQTT 5 only. Default false. */
  requestResponseInfo?: boolean;
  /** False: the server leaves reason strings and user properties out of its answers. MQTT 5 only. Default true. */
  requestProblemInfo?: boolean;
  /** Calls of `request()` that may wait for their reply at once. Default 1,000. */
  requestMaximum?: number;
  /** Enhanced authentication: an exchange of as many packets as the method needs. MQTT 5 only. */
  auth?: AuthOptions;
  /** Functions that are told what happens; see also the channels of `node:diagnostics_channel` in the description of `Hooks`. */
  hooks?: Hooks;
  /** The machine's by default. */
  clock?: Clock;
  /** The machine's by default. */
  random?: Random;
}

export interface PublishOptions extends PublishProperties {
  /** Default 0. */
  qos?: QoS;
  retain?: boolean;
  /** Before the bytes left it takes the publish back; afterwards it only ends the wait, and the slot stays taken. */
  signal?: AbortSignal;
}

export type PublishResult =
  | { readonly qos: 0 }
  | {
      readonly qos: 1 | 2;
      readonly packetId: number;
      readonly reasonCode: number;
      /** Whether the server had a subscriber. Undefined on MQTT 3.1.1, which does not say. */
      readonly matched: boolean | undefined;
      readonly reasonString?: string;
      readonly userProperties?: UserProperties;
      /** It was sent more than once, since a connection was lost: the receivers may have got it twice at QoS 1. */
      readonly resent: boolean;
    };

export interface TopicFilter {
  filter: string;
  /** Default 2. */
  maximumQoS?: QoS;
  /** Don't send back what this client publishes. Not for shared subscriptions. MQTT 5 only. Default false. */
  noLocal?: boolean;
  /** Keep the retain flag as the publisher set it. MQTT 5 only. Default false. */
  retainAsPublished?: boolean;
  /** Whether retained messages come with the subscription. MQTT 5 only. Default `send`. */
  retainHandling?: 'send' | 'send-if-new' | 'never';
}

export interface SubscribeOptions {
  /** The subscription identifier that matching messages will carry: 1 to 268,435,455. MQTT 5 only. */
  id?: number;
  userProperties?: UserProperties;
  /**
   * Ends the wait. The SUBSCRIBE has left by then, and the server may grant it all the same: `subscribe()` leaves the subscription as it is, so call `unsubscribe()` if you don't
   * want it; `stream()` unsubscribes what nobody else holds.
   */
  signal?: AbortSignal;
  /** What to do if the server refuses some of the filters: reject, or resolve and let the caller look. Default `throw`. */
  partial?: 'throw' | 'return';
}

/** What the server answered for one filter. */
export interface Granted {
  readonly filter: string;
  readonly reasonCode: number;
  /** Undefined where the server refused, and for an UNSUBSCRIBE. */
  readonly qos: QoS | undefined;
  /** Of the packet that answered, so the same for all of its filters. */
  readonly reasonString?: string;
  /** As `reasonString`. */
  readonly userProperties?: UserProperties;
}

export interface UnsubscribeOptions {
  /** MQTT 5 only. */
  userProperties?: UserProperties;
  signal?: AbortSignal;
}

export interface DisconnectOptions {
  /** 0x04: the server publishes the will. Default false. MQTT 5 only: on 3.1.1 the connection is cut, which does the same. */
  withWill?: boolean;
  /** Seconds; overrides what CONNECT asked for, except that 0 there stays 0. MQTT 5 only. */
  sessionExpiryInterval?: number;
  /** MQTT 5 only. */
  reasonString?: string;
  /** MQTT 5 only. */
  userProperties?: UserProperties;
  /** Ends the wait for requests under way; the client then closes at once. */
  signal?: AbortSignal;
}
