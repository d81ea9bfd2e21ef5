// What a session's records say, and under which keys they are, `outbound/<packet id>` for one, behind a prefix for each client.
import type { PublishProperties } from '../packets/packet.js';
import type { DamagedRecord, StoredOutbound, StoredSubscription } from '../session/session-store.js';
import { decodeRecord, encodeRecord } from './stored-record.js';

/** The record of the client itself. `records` counts the others, so that one that vanished is missed. */
export interface StoredClient {
  readonly lastPacketId: number;
  readonly records: number;
}

export const clientKey = 'client';
export const subscriptionsKey = 'subscriptions';

export function outboundKey(packetId: number): string {
  return `outbound/${packetId}`;
}

export function inboundKey(packetId: number): string {
  return `inbound/${packetId}`;
}

/** What a key says of the record under it. */
export function placeOf(key: string): { kind: DamagedRecord['kind']; packetId: number | undefined } {
  const [kind, id] = key.split('/');
  if ((kind === 'outbound' || kind === 'inbound') && /^[1-9]\d{0,4}$/.test(id ?? '')) {
    return { kind, packetId: Number(id) };
  }
  return {
    kind: key === clientKey || key === subscriptionsKey ? key : 'unknown',
    packetId: undefined,
  };
}

/** All keys of one client's session, and only they, begin with this. */
export function sessionPrefix(clientId: string): string {
  return `session/${encodeURIComponent(clientId)}/`; // escaped, an identifier has no slash
}

/** From the first to behind the last key with this prefix. */
export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` }; // 0 is the sign behind the slash
}

/** Where a damaged record goes. One place for each key, so what is set aside is bounded too. */
export function quarantinePrefix(clientId: string): string {
  return `quarantine/${encodeURIComponent(clientId)}/`;
}

export function encodeOutbound(outbound: StoredOutbound): Uint8Array {
  const { payload, properties, ...rest } = outbound;
  const { correlationData, ...plain } = properties;
  const description = {
    ...rest,
    properties: plain,
    ...(correlationData && { correlationData: Buffer.from(correlationData).toString('base64') }),
  };
  return encodeRecord(outboundKey(outbound.packetId), description, payload);
}

/** These throw as `decodeRecord` does. Their casts rest on the checksum: it says that we wrote the record. */
export function decodeOutbound(key: string, record: Uint8Array): StoredOutbound {
  const { description, payload } = decodeRecord(key, record);
  const { correlationData, properties, ...rest } = description as Omit<StoredOutbound, 'payload'> & {
    correlationData?: string;
  };
  const all: PublishProperties = { ...properties };
  if (correlationData !== undefined) {
    all.correlationData = Uint8Array.from(Buffer.from(correlationData, 'base64'));
  }
  return { ...rest, payload, properties: all };
}

export function encodeSubscriptions(subscriptions: readonly StoredSubscription[]): Uint8Array {
  return encodeRecord(subscriptionsKey, { subscriptions });
}

export function decodeSubscriptions(key: string, record: Uint8Array): StoredSubscription[] {
  const { subscriptions } = decodeRecord(key, record).description as { subscriptions: StoredSubscription[] };
  return subscriptions.map(({ request, identifier, userProperties }) => ({
    request,
    identifier,
    userProperties,
  }));
}

export function encodeClient(client: StoredClient): Uint8Array {
  return encodeRecord(clientKey, client);
}

export function decodeClient(key: string, record: Uint8Array): StoredClient {
  return decodeRecord(key, record).description as StoredClient;
}

export function encodeInbound(packetId: number): Uint8Array {
  return encodeRecord(inboundKey(packetId), {});
}
