import { describe, expect, it } from 'vitest';
import {
  isReasonCodeOf,
  nextStepAfter,
  nextStepAfterReturnCode,
  reasonCodeName,
  reasonCodes,
  returnCodeName,
} from '../../src/packets/index.js';

describe('reason codes', () => {
  it('are those of 2.4, each once, in order', () => {
    const codes = reasonCodes.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
    expect(codes).toHaveLength(43);
  });

  it('have the names of the specification, with those that depend on the packet', () => {
    expect(reasonCodeName(0)).toBe('Success');
    expect(reasonCodeName(0, 'disconnect')).toBe('Normal disconnection');
    expect(reasonCodeName(0, 'suback')).toBe('Granted QoS 0');
    expect(reasonCodeName(0x8e)).toBe('Session taken over');
    expect(reasonCodeName(0x05)).toBe('Unknown reason code 0x05');
  });

  it('are legal in some packets, and for some senders', () => {
    expect(isReasonCodeOf('puback', 0x10)).toBe(true);
    expect(isReasonCodeOf('pubrel', 0x10)).toBe(false);
    expect(isReasonCodeOf('disconnect', 0x04, 'client')).toBe(true);
    expect(isReasonCodeOf('disconnect', 0x04, 'server')).toBe(false);
    expect(isReasonCodeOf('auth', 0x19, 'server')).toBe(false);
    expect(isReasonCodeOf('puback', 0x87, 'client')).toBe(true);
    expect(isReasonCodeOf('connack', 0x05)).toBe(false);
  });

  it('tell a client what to do about a refused or ended connection', () => {
    const connack = (code: number) => nextStepAfter('connack', code);
    const disconnect = (code: number) => nextStepAfter('disconnect', code);
    expect([0x88, 0x89, 0x97, 0x9f].map(connack)).toEqual(['retry', 'retry', 'retry', 'retry']);
    expect([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c].map(connack)).toEqual(new Array(6).fill('stop'));
    expect([0x9c, 0x9d].map(connack)).toEqual(['redirect', 'redirect']);
    expect([0x00, 0x89, 0x8b, 0x8d, 0x98].map(disconnect)).toEqual(new Array(5).fill('retry'));
    expect(disconnect(0x8e)).toBe('stop');
    expect([0x9c, 0x9d].map(disconnect)).toEqual(['redirect', 'redirect']);
    expect(disconnect(0x05)).toBe('retry');
  });

  it('that a CONNACK or a DISCONNECT of a server may carry all have a decision', () => {
    for (const { code, packets, sender, afterConnack, afterDisconnect } of reasonCodes) {
      const refuses = packets.includes('connack') && code !== 0;
      expect(afterConnack !== undefined, `CONNACK ${code}`).toBe(refuses);
      const ends = packets.includes('disconnect') && sender?.disconnect !== 'client';
      expect(afterDisconnect !== undefined, `DISCONNECT ${code}`).toBe(ends);
    }
  });
});

describe('return codes of MQTT 3.1.1', () => {
  it('have names and decisions', () => {
    expect([1, 2, 3, 4, 5].map(nextStepAfterReturnCode)).toEqual(['stop', 'stop', 'retry', 'stop', 'stop']);
    expect(returnCodeName(4)).toBe('Bad user name or password');
    expect(returnCodeName(9)).toBe('Unknown return code 9');
    expect(nextStepAfterReturnCode(9)).toBe('retry');
  });
});
