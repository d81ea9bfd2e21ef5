import type { DamagedRecord, StoredOutbound, StoredSubscription } from '../session/session-store.js';
import type { LevelOperation } from './level.js';
import {
  decodeClient,
  decodeOutbound,
  decodeSubscriptions,
  placeOf,
  quarantinePrefix,
  type StoredClient,
  sessionPrefix,
} from './record-kinds.js';
import { decodeRecord } from './stored-record.js';

/** What was read of one client's session: the records that make sense, and what becomes of those that don't. */
export class FoundRecords {
  readonly #clientId: string;
  readonly #path: string;
  readonly outbound: StoredOutbound[] = [];
  readonly inbound: number[] = [];
  subscriptions: readonly StoredSubscription[] = [];
  client: StoredClient | undefined;
  /** Of all records that make sense, but the client's. */
  readonly keys: string[] = [];
  readonly damaged: DamagedRecord[] = [];
  /** Moves the damaged records out of the session. */
  readonly setAside: LevelOperation[] = [];

  constructor(clientId: string, path: string) {
    this.#clientId = clientId;
    this.#path = path;
  }

  add(key: string, record: Uint8Array): void {
    try {
      this.#read(key, record);
    } catch (error) {
      this.#quarantine(key, record, (error as Error).message); // the decoders throw nothing else
    }
  }

  /** All records were added: does their number agree with what the client's record counts? */
  finish(): void {
    const seen = this.keys.length + this.damaged.filter(({ kind }) => kind !== 'client').length;
    const expected = this.client?.records;
    if (expected === seen) return;
    const clientIsDamaged = this.damaged.some(({ kind }) => kind === 'client');
    if (expected === undefined && (clientIsDamaged || seen === 0)) return;
    const where = `The stored session of the client "${this.#clientId}" in ${this.#path}`;
    const message =
      expected === undefined
        ? `${where} lacks the record that counts the others: some of them may be missing.`
        : expected > seen
          ? `${where} lacks ${expected - seen} of its ${expected} records: what they described is lost.`
          : `${where} has ${seen - expected} records too many: something that was finished may be sent or left out again.`;
    this.damaged.push({ kind: 'unknown', packetId: undefined, message });
  }

  /** Behind which packet identifiers go on; the newest publish tells, if the client's record does not. */
  get lastPacketId(): number {
    if (this.client) return this.client.lastPacketId;
    const newest = this.outbound.reduce<StoredOutbound | undefined>(
      (newest, outbound) => (newest && newest.seq > outbound.seq ? newest : outbound),
      undefined,
    );
    return newest?.packetId ?? 0;
  }

  #read(key: string, record: Uint8Array): void {
    const { kind, packetId } = placeOf(key);
    switch (kind) {
      case 'outbound':
        this.outbound.push(decodeOutbound(key, record));
        break;
      case 'inbound':
        decodeRecord(key, record);
        this.inbound.push(packetId!); // this kind of place has one
        break;
      case 'subscriptions':
        this.subscriptions = decodeSubscriptions(key, record);
        break;
      case 'client':
        this.client = decodeClient(key, record);
        return;
      default:
        throw new Error('has a key that says nothing');
    }
    this.keys.push(key);
  }

  #quarantine(key: string, record: Uint8Array, flaw: string): void {
    const place = quarantinePrefix(this.#clientId) + key;
    this.setAside.push(
      { type: 'del', key: sessionPrefix(this.#clientId) + key },
      { type: 'put', key: place, value: record },
    );
    this.damaged.push({
      ...placeOf(key),
      message: `The stored record ${key} of the client "${this.#clientId}" in ${this.#path} ${flaw}: it was set aside under the key ${place}.`,
    });
  }
}
