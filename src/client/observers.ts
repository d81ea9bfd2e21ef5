// What a user may watch: hooks of one client, and the channels of node:diagnostics_channel for all clients of the process.
import { type Channel, channel } from 'node:diagnostics_channel';
import type { Packet, PublishProperties } from '../packets/packet.js';
import type { DamagedRecord } from '../session/session-store.js';
import type { Message } from './message.js';
import type { ConnectionState } from './state.js';

/** A packet that was sent or received, without what is in it. */
export interface PacketInfo {
  /** `connect`, `publish`, ... */
  readonly type: Packet['type'];
  /** Undefined for packets that have none. */
  readonly packetId: number | undefined;
  /** Of the whole packet on the wire. */
  readonly bytes: number;
  /** Milliseconds of the client's clock. */
  readonly at: number;
}

/** A publish that an earlier process left in the session store, and that this one could not bring to its end: nobody waits for its promise any more. */
export interface FailedPublish {
  readonly topic: string;
  /** Undefined if the server had the message already (QoS 2, after PUBREC): then the store had let go of it. */
  readonly payload: Uint8Array | undefined;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly properties: PublishProperties;
  /** What its promise would have rejected with: `SessionLostError`, `NegativeAckError`, `LimitError` or `StoreError`. */
  readonly error: Error;
}

/** Why a message was dropped. `queue-full`: nobody read it in time, see `qos0Overflow`. */
export type DropReason = 'queue-full';

/**
 * Two ways to watch a client: hooks of its own, and for all clients of the process the channels of `node:diagnostics_channel`:
 * `topicwise:client:packet-sent` and `:packet-received` say `{ clientId, type, packetId, bytes, at }`, `:state-change` says `{ clientId, state }`, `:dropped`
 * says `{ clientId, topic, qos, why }`, `:store-damaged` says `{ clientId, kind, packetId, message }`, `:stored-publish-failed` says
 * `{ clientId, topic, qos, error }`. None says a payload, user name, password or authentication data.
 *
 * Called behind what they tell of, in its order, as soon as the client is done with what it does: a hook may use the client. What a hook throws
 * changes nothing: it is counted in `stats().failedHooks`, and the first time it is a process warning with the code `TOPICWISE_HOOK`.
 */
export interface Hooks {
  /** Handed to the connection; it leaves with the others of its tick. */
  packetSent?(packet: PacketInfo): void;
  packetReceived?(packet: PacketInfo): void;
  stateChange?(state: ConnectionState): void;
  dropped?(message: Message, why: DropReason): void;
  /** A record of the session store could not be read: what it stood for is lost. With no hook and no subscriber it is a process warning, code `TOPICWISE_STORE`. */
  storeDamaged?(record: DamagedRecord): void;
  /**
   * A publish of an earlier process came to nothing: the server refused it, or lost the session before it had acknowledged it (see `onSessionLost`). It is
   * not in the store any more: publish it again from here, or let it go. With no hook and no subscriber it is a process warning, code `TOPICWISE_STORE`.
   */
  storedPublishFailed?(publish: FailedPublish): void;
}

const channels = {
  packetSent: channel('topicwise:client:packet-sent'),
  packetReceived: channel('topicwise:client:packet-received'),
  stateChange: channel('topicwise:client:state-change'),
  dropped: channel('topicwise:client:dropped'),
  storeDamaged: channel('topicwise:client:store-damaged'),
  storedPublishFailed: channel('topicwise:client:stored-publish-failed'),
} as const satisfies Record<keyof Hooks, Channel>;

/** Tells hooks and channels of what happens in one client; costs one look for each packet where nobody listens. */
export class Observers {
  readonly #hooks: Hooks;
  readonly #clientId: () => string;
  readonly #reported = new Set<keyof Hooks>();
  #waiting: (() => void)[] = [];
  #failed = 0;

  constructor(hooks: Hooks, clientId: () => string) {
    this.#hooks = hooks;
    this.#clientId = clientId;
  }

  /** How often a hook threw. */
  get failed(): number {
    return this.#failed;
  }

  get watchesSent(): boolean {
    return this.#hooks.packetSent !== undefined || channels.packetSent.hasSubscribers;
  }

  get watchesReceived(): boolean {
    return this.#hooks.packetReceived !== undefined || channels.packetReceived.hasSubscribers;
  }

  sent(packet: Packet, bytes: number, at: number): void {
    const info = infoOf(packet, bytes, at);
    this.#tell('packetSent', () => this.#hooks.packetSent?.(info), info);
  }

  received(packet: Packet, bytes: number, at: number): void {
    const info = infoOf(packet, bytes, at);
    this.#tell('packetReceived', () => this.#hooks.packetReceived?.(info), info);
  }

  state(state: ConnectionState): void {
    this.#tell('stateChange', () => this.#hooks.stateChange?.(state), { state });
  }

  dropped(message: Message, why: DropReason): void {
    const { topic, qos } = message;
    this.#tell('dropped', () => this.#hooks.dropped?.(message, why), { topic, qos, why });
  }

  storeDamaged(record: DamagedRecord): void {
    this.#tellOrWarn('storeDamaged', record.message, () => this.#hooks.storeDamaged?.(record), record);
  }

  storedPublishFailed(publish: FailedPublish): void {
    const { topic, qos, error } = publish;
    const warning = `A publish of an earlier process came to nothing: ${error.message}`;
    const call = () => this.#hooks.storedPublishFailed?.(publish);
    this.#tellOrWarn('storedPublishFailed', warning, call, { topic, qos, error });
  }

  /** For what must not go unnoticed. */
  #tellOrWarn(hook: keyof Hooks, warning: string, call: () => void, said: object): void {
    if (!this.#hooks[hook] && !channels[hook].hasSubscribers) {
      process.emitWarning(warning, { type: 'TopicwiseWarning', code: 'TOPICWISE_STORE' });
    }
    this.#tell(hook, call, said);
  }

  /** A listener may call the client, which is in the middle of something: so it has to wait until that is done. */
  #tell(hook: keyof Hooks, call: () => void, said: object): void {
    if (!this.#hooks[hook] && !channels[hook].hasSubscribers) return;
    if (this.#waiting.length === 0) queueMicrotask(() => this.#tellAll());
    const message = { clientId: this.#clientId(), ...said };
    this.#waiting.push(() => {
      try {
        call();
      } catch (error) {
        this.#report(hook, error);
      }
      channels[hook].publish(message); // which throws nothing: Node reports a subscriber's error itself
    });
  }

  #tellAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }

  #report(hook: keyof Hooks, error: unknown): void {
    this.#failed++;
    if (this.#reported.has(hook)) return;
    this.#reported.add(hook);
    const said = error instanceof Error ? error.message : String(error);
    process.emitWarning(
      `The hook ${hook} of the client "${this.#clientId()}" threw: ${said.replace(/\.$/, '')}. It goes on being called; further errors of it are only counted, in stats().failedHooks.`,
      { type: 'TopicwiseWarning', code: 'TOPICWISE_HOOK' },
    );
  }
}

function infoOf(packet: Packet, bytes: number, at: number): PacketInfo {
  return { type: packet.type, packetId: 'packetId' in packet ? packet.packetId : undefined, bytes, at };
}
