// The packets between an application and its broker, as the fake one keeps them and as mosquitto logs them.
import type { FakeBroker } from 'topicwise/testing';
import { nextTurn } from '../../../src/time/index.js';
import type { Mosquitto } from '../mosquitto.js';

/** `→`: from the application. */
export interface Passed {
  readonly way: '→' | '←';
  readonly packet: string;
  readonly id: number | undefined;
  /** Of a PUBLISH. */
  readonly topic: string | undefined;
  /** Of a PUBACK: mosquitto tells no other. */
  readonly code: number | undefined;
}

/** What a client sent and got, in order, as soon as it is as the test wants it. */
export type ReadWire = (
  broker: FakeBroker | string,
  clientId: string,
  until: (wire: readonly Passed[]) => boolean,
) => Promise<readonly Passed[]>;

export const readTranscript: ReadWire = (broker, clientId, until) =>
  // Handed out by the suite's own function, which makes nothing else.
  read(() => transcriptOf((broker as FakeBroker).transcript(), clientId), until);

export const readLogOf =
  (mosquitto: () => Mosquitto): ReadWire =>
  (_broker, clientId, until) =>
    read(() => logOf(mosquitto().log, clientId), until);

/** `→ PUBLISH topic`, `→ PUBACK 0x83`, `→ PUBREC`. */
export function textOf({ way, packet, topic, code }: Passed): string {
  const said = way === '→' && code !== undefined ? [`0x${code.toString(16).padStart(2, '0')}`] : [];
  return [way, packet, ...(topic === undefined ? [] : [topic]), ...said].join(' ');
}

export const isAcknowledgement = ({ way, packet }: Passed): boolean =>
  way === '→' && (packet === 'PUBACK' || packet === 'PUBREC');

export const isCompletion = ({ way, packet }: Passed): boolean => way === '→' && packet === 'PUBCOMP';

async function read(now: () => readonly Passed[], until: (wire: readonly Passed[]) => boolean) {
  for (;;) {
    const wire = now();
    if (until(wire)) return wire;
    await nextTurn(); // a log comes through a pipe
  }
}

function transcriptOf(transcript: string, clientId: string): Passed[] {
  const pattern = new RegExp(
    `^${clientId} (C→B|B→C) (CONNECT|PUBLISH|PUBACK|PUBREC|PUBREL|PUBCOMP)\\b(.*)$`,
    'gm',
  );
  return [...transcript.matchAll(pattern)].map(([, way, packet = '', rest = '']) => ({
    way: way === 'C→B' ? '→' : '←',
    packet,
    id: numberIn(/\bid=(\d+)/, rest),
    topic: packet === 'PUBLISH' ? /^ q\d(?: id=\d+)? (\S+)/.exec(rest)?.[1] : undefined,
    code: packet === 'PUBACK' ? numberIn(/\brc=(0x\w+)/, rest) : undefined,
  }));
}

function logOf(log: string, clientId: string): Passed[] {
  const pattern = new RegExp(
    `(Received|Sending) (PUBLISH|PUBACK|PUBREC|PUBREL|PUBCOMP) (?:from|to) ${clientId} \\((.*)\\)|New client (connected) from \\S+ as ${clientId} `,
    'g',
  );
  return [...log.matchAll(pattern)].map(([, verb, packet = 'CONNECT', rest = '']) => ({
    way: verb === 'Sending' ? '←' : '→',
    packet,
    id: numberIn(/\b(?:Mid: |m)(\d+)/, rest),
    topic: /'(.*)'/.exec(rest)?.[1],
    code: packet === 'PUBACK' ? numberIn(/\b(?:RC:|rc)(\d+)/, rest) : undefined,
  }));
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
