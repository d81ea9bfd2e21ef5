// What MQTT 5 says about the bytes of a client's packets, statement by statement: what leaves, what is refused on the way out, and
// what is not taken in.
import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  InvalidPacketError,
  type Packet,
  PacketDecoder,
  ProtocolError,
  reasonCodes,
} from '../../src/packets/index.js';
import { hex } from '../support/packets/cuttings.js';

const publish = {
  type: 'publish',
  topic: 'a',
  payload: Uint8Array.of(0x78),
  qos: 0,
  retain: false,
  duplicate: false,
};
const connect = { type: 'connect', protocolVersion: 5, clientId: 'c', cleanStart: true, keepAlive: 60 };
const will = { topic: 'w', payload: Uint8Array.of(0x79), qos: 0, retain: false };
const wish = { filter: 'a', maximumQoS: 0, noLocal: false, retainAsPublished: false, retainHandling: 'send' };
const subscribe = { type: 'subscribe', packetId: 1, subscriptions: [wish] };
const unsubscribe = { type: 'unsubscribe', packetId: 1, filters: ['a'] };
const acks = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const;
const illFormed = ['a\ud800', 'a\udfff', '\ud800\ud800'];

/** What leaves, in hexadecimal. */
const bytesOf = (packet: object) => Buffer.from(encodePacket(packet as Packet, 5)).toString('hex'); // tests hand in what types forbid, too
const refuses = (packet: object) => expect(() => bytesOf(packet)).toThrow(InvalidPacketError);

/** What a client makes of the bytes. */
function received(bytes: string): Packet[] {
  const packets: Packet[] = [];
  new PacketDecoder({ receiver: 'client', protocolVersion: 5 }).push(
    hex(`20 03 00 00 00 ${bytes}`),
    (packet) => packets.push(packet),
  );
  return packets.slice(1);
}

/** The code with which a client refuses the bytes. */
function refusalOf(bytes: string): number | undefined {
  try {
    received(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return error.reasonCode;
    throw error;
  }
  return undefined;
}

describe('strings and numbers', () => {
  const withText = (text: string): object[] => [
    { ...publish, topic: text },
    { ...publish, properties: { contentType: text } },
    { ...publish, properties: { responseTopic: text } },
    { ...publish, properties: { userProperties: [[text, 'v']] } },
    { ...publish, properties: { userProperties: [['n', text]] } },
    { ...subscribe, subscriptions: [{ ...wish, filter: text }] },
    { ...unsubscribe, filters: [text] },
    { ...connect, clientId: text },
    { ...connect, username: text },
    { ...connect, will: { ...will, topic: text } },
  ];

  it('[MQTT-1.5.4-1] never leave as ill-formed UTF-8, and are not taken in as such', () => {
    for (const text of illFormed) for (const packet of withText(text)) refuses(packet);
    expect(refusalOf('30 05 0001 c3 00 78')).toBe(0x81);
    expect(refusalOf('30 07 0003 eda080 00 78')).toBe(0x81);
  });

  it('[MQTT-1.5.4-2] never contain U+0000', () => {
    for (const packet of withText('a\0b')) refuses(packet);
    expect(refusalOf('30 06 0002 6100 00 78')).toBe(0x81);
  });

  it('[MQTT-1.5.4-3] keep a leading U+FEFF', () => {
    expect(received('30 08 0004 efbbbf61 00 78')).toMatchObject([{ topic: '\ufeffa' }]);
    expect(bytesOf({ ...publish, topic: '\ufeffa' })).toBe('30080004efbbbf610078');
  });

  it('[MQTT-1.5.5-1] write lengths in the shortest form, and take no other', () => {
    expect(bytesOf({ ...publish, payload: new Uint8Array(123) }).slice(0, 4)).toBe('307f');
    expect(bytesOf({ ...publish, payload: new Uint8Array(124) }).slice(0, 6)).toBe('308001');
    expect(refusalOf('d0 80 00')).toBe(0x81);
    expect(refusalOf('30 06 0001 61 80 00 78')).toBe(0x81);
  });

  it('[MQTT-1.5.7-1] obey these rules in both halves of a user property', () => {
    for (const text of [...illFormed, 'a\0b']) {
      refuses({ ...publish, properties: { userProperties: [[text, 'v']] } });
      refuses({ ...publish, properties: { userProperties: [['n', text]] } });
    }
    expect(refusalOf('30 0c 0001 61 07 26 0001 c3 0001 76 78')).toBe(0x81);
    expect(refusalOf('30 0c 0001 61 07 26 0001 6e 0001 00 78')).toBe(0x81);
  });
});

describe('the fixed header', () => {
  it('[MQTT-2.1.3-1] has the prescribed flags, and no others are taken', () => {
    const first = [
      { type: 'puback', packetId: 1, reasonCode: 0 },
      { type: 'pubrec', packetId: 1, reasonCode: 0 },
      { type: 'pubcomp', packetId: 1, reasonCode: 0 },
      { type: 'pingreq' },
      { type: 'disconnect', reasonCode: 0 },
      connect,
    ].map((packet) => bytesOf(packet).slice(0, 2));
    expect(first).toEqual(['40', '50', '70', 'c0', 'e0', '10']);
    for (const bytes of [
      '21 03 00 00 00',
      '41 02 0001',
      '52 02 0001',
      '78 02 0001',
      '94 04 0001 00 00',
      'd1 00',
    ]) {
      expect(refusalOf(bytes)).toBe(0x81);
    }
  });

  it('[MQTT-3.6.1-1] PUBREL has the flags 0010', () => {
    expect(bytesOf({ type: 'pubrel', packetId: 1, reasonCode: 0 })).toBe('62020001');
    expect(refusalOf('60 02 0001')).toBe(0x81);
    expect(refusalOf('63 02 0001')).toBe(0x81);
  });

  it('[MQTT-3.8.1-1] SUBSCRIBE has the flags 0010', () => {
    expect(bytesOf(subscribe).slice(0, 2)).toBe('82');
  });

  it('[MQTT-3.10.1-1] UNSUBSCRIBE has the flags 0010', () => {
    expect(bytesOf(unsubscribe).slice(0, 2)).toBe('a2');
  });

  it('[MQTT-3.14.1-1] DISCONNECT has none; with one it is malformed', () => {
    expect(bytesOf({ type: 'disconnect', reasonCode: 4 }).slice(0, 2)).toBe('e0');
    expect(refusalOf('e1 00')).toBe(0x81);
  });

  it('[MQTT-3.15.1-1] AUTH has none; with one it is malformed', () => {
    expect(
      bytesOf({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } }).slice(0, 2),
    ).toBe('f0');
    expect(refusalOf('f1 00')).toBe(0x81);
  });

  it('[MQTT-2.2.1-2] a QoS 0 PUBLISH has no packet identifier', () => {
    expect(bytesOf(publish)).toBe('30050001610078');
    refuses({ ...publish, packetId: 1 });
  });

  it('[MQTT-2.2.2-1] no properties are a property length of 0', () => {
    expect(bytesOf(publish)).toBe('30050001610078');
    expect(bytesOf(subscribe)).toBe('820700010000016100');
    expect(bytesOf(unsubscribe)).toBe('a206000100000161');
    expect(refusalOf('90 02 0001')).toBe(0x81);
  });
});

describe('CONNECT', () => {
  const flagsOf = (packet: object) => Number.parseInt(bytesOf(packet).slice(18, 20), 16);

  it('[MQTT-3.1.2-1] has the protocol name MQTT', () => {
    expect(bytesOf(connect)).toBe('100e00044d5154540502003c00000163');
  });

  it('[MQTT-3.1.2-9] with a will has its properties, topic and payload', () => {
    const packet = { ...connect, will: { ...will, properties: { willDelayInterval: 5 } } };
    expect(flagsOf(packet)).toBe(0b0000_0110);
    expect(bytesOf(packet).slice(-24)).toBe('051800000005000177000179');
    for (const missing of ['topic', 'payload', 'qos', 'retain']) {
      refuses({ ...connect, will: { ...will, [missing]: undefined } });
    }
  });

  it('[MQTT-3.1.2-11] [MQTT-3.1.2-13] without a will has no will QoS and no will retain', () => {
    expect(flagsOf(connect)).toBe(0b0000_0010);
    expect(flagsOf({ ...connect, will: { ...will, qos: 1, retain: true } })).toBe(0b0010_1110);
  });

  it('[MQTT-3.1.2-12] has a will QoS of 0, 1 or 2', () => {
    expect([0, 1, 2].map((qos) => flagsOf({ ...connect, will: { ...will, qos } }) & 0b0001_1000)).toEqual([
      0, 8, 16,
    ]);
    refuses({ ...connect, will: { ...will, qos: 3 } });
  });

  it('[MQTT-3.1.2-16] [MQTT-3.1.2-17] has a user name where its flag says so', () => {
    expect(flagsOf(connect) & 0x80).toBe(0);
    const named = { ...connect, username: 'u' };
    expect([flagsOf(named) & 0x80, bytesOf(named).slice(-6)]).toEqual([0x80, '000175']);
  });

  it('[MQTT-3.1.2-18] [MQTT-3.1.2-19] has a password where its flag says so', () => {
    expect(flagsOf({ ...connect, username: 'u' }) & 0x40).toBe(0);
    const secret = { ...connect, password: Uint8Array.of(0x70) };
    expect([flagsOf(secret) & 0xc0, bytesOf(secret).slice(-6)]).toEqual([0x40, '000170']);
  });

  it('[MQTT-3.1.3-1] [MQTT-3.1.3-3] has client identifier, will, user name and password in this order', () => {
    const packet = { ...connect, will, username: 'u', password: Uint8Array.of(0x70) };
    const [id, properties, topic, payload, user, password] = [
      '000163',
      '00',
      '000177',
      '000179',
      '000175',
      '000170',
    ];
    expect(bytesOf(packet).slice(26)).toBe([id, properties, topic, payload, user, password].join(''));
    expect(bytesOf({ ...connect, clientId: '' }).slice(26)).toBe('0000');
    refuses({ ...connect, clientId: undefined });
  });

  it('[MQTT-3.1.3-4] has a client identifier in UTF-8', () => {
    expect(bytesOf({ ...connect, clientId: 'é' }).slice(26)).toBe('0002c3a9');
    for (const clientId of illFormed) refuses({ ...connect, clientId });
  });

  it('[MQTT-3.1.3-11] has a will topic in UTF-8', () => {
    for (const topic of illFormed) refuses({ ...connect, will: { ...will, topic } });
  });

  it('[MQTT-3.1.3-12] has a user name in UTF-8', () => {
    for (const username of illFormed) refuses({ ...connect, username });
  });
});

describe('PUBLISH', () => {
  it('[MQTT-3.3.1-2] is never a duplicate at QoS 0', () => {
    refuses({ ...publish, duplicate: true });
    expect(refusalOf('38 05 0001 61 00 78')).toBe(0x81);
  });

  it('[MQTT-3.3.1-4] has no QoS 3', () => {
    refuses({ ...publish, qos: 3, packetId: 1 });
    expect(refusalOf('36 07 0001 61 0001 00 78')).toBe(0x81);
  });

  it('[MQTT-3.3.2-1] begins with its topic, in UTF-8', () => {
    expect(bytesOf({ ...publish, topic: 'é', qos: 1, packetId: 2 }).slice(4, 12)).toBe('0002c3a9');
    for (const topic of illFormed) refuses({ ...publish, topic });
  });

  it('[MQTT-3.3.2-2] [MQTT-4.7.0-1] has no wildcard in its topic', () => {
    for (const topic of ['#', 'a/#', '+', 'a/+/b', 'a+']) refuses({ ...publish, topic });
    expect(refusalOf('30 07 0003 612f23 00 78')).toBe(0x82);
  });

  it('[MQTT-3.3.2-8] has no topic alias 0', () => {
    refuses({ ...publish, properties: { topicAlias: 0 } });
    expect(refusalOf('30 08 0001 61 03 23 0000 78')).toBe(0x94);
  });

  it('[MQTT-3.3.2-13] has a response topic in UTF-8', () => {
    for (const responseTopic of illFormed) refuses({ ...publish, properties: { responseTopic } });
  });

  it('[MQTT-3.3.2-14] has no wildcard in its response topic', () => {
    for (const responseTopic of ['a/+', '#']) refuses({ ...publish, properties: { responseTopic } });
    expect(refusalOf('30 09 0001 61 04 08 0001 2b 78')).toBe(0x82);
  });

  it('[MQTT-3.3.2-19] has a content type in UTF-8', () => {
    for (const contentType of illFormed) refuses({ ...publish, properties: { contentType } });
  });
});

describe('acknowledgements', () => {
  const numbers: Record<(typeof acks)[number], string> = {
    puback: 'MQTT-3.4.2-1',
    pubrec: 'MQTT-3.5.2-1',
    pubrel: 'MQTT-3.6.2-1',
    pubcomp: 'MQTT-3.7.2-1',
  };
  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  it('have the reason codes that are listed for them, and are taken with no others', () => {
    for (const type of acks) {
      const listed = new Set(
        reasonCodes.filter(({ packets }) => packets.includes(type)).map(({ code }) => code),
      );
      for (let reasonCode = 0; reasonCode <= 0xff; reasonCode++) {
        const packet = { type, packetId: 1, reasonCode };
        const code = reasonCode.toString(16).padStart(2, '0');
        const first = { puback: '40', pubrec: '50', pubrel: '62', pubcomp: '70' }[type];
        if (listed.has(reasonCode)) {
          expect(bytesOf(packet)).toContain('0001');
          expect(received(`${first} 03 0001 ${code}`)).toMatchObject([packet]);
        } else {
          refuses(packet);
          expect([numbers[type], code, refusalOf(`${first} 03 0001 ${code}`)]).toEqual([
            numbers[type],
            code,
            0x82,
          ]);
        }
      }
    }
  });

  it('[MQTT-3.14.2-1] DISCONNECT has a listed reason code', () => {
    refuses({ type: 'disconnect', reasonCode: 0x01 });
    expect(refusalOf('e0 01 01')).toBe(0x82);
    expect(bytesOf({ type: 'disconnect', reasonCode: 0x04 })).toBe('e0020400');
  });

  it('[MQTT-3.15.2-1] AUTH has a listed reason code', () => {
    refuses({ type: 'auth', reasonCode: 0x01, properties: { authenticationMethod: 'm' } });
    expect(refusalOf('f0 06 01 04 15 0001 6d')).toBe(0x82);
  });
});

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  it('[MQTT-3.8.3-1] SUBSCRIBE has its filters in UTF-8', () => {
    for (const filter of illFormed) refuses({ ...subscribe, subscriptions: [{ ...wish, filter }] });
  });

  it('[MQTT-3.8.3-2] SUBSCRIBE has at least one filter', () => {
    refuses({ ...subscribe, subscriptions: [] });
  });

  it('[MQTT-3.8.3-4] SUBSCRIBE sets No Local on no shared subscription', () => {
    refuses({ ...subscribe, subscriptions: [{ ...wish, filter: '$share/g/a', noLocal: true }] });
  });

  it('[MQTT-3.10.3-1] UNSUBSCRIBE has its filters in UTF-8', () => {
    for (const filter of illFormed) refuses({ ...unsubscribe, filters: [filter] });
  });

  it('[MQTT-3.10.3-2] UNSUBSCRIBE has at least one filter', () => {
    refuses({ ...unsubscribe, filters: [] });
  });

  const withFilter = (filter: string) => ({ ...subscribe, subscriptions: [{ ...wish, filter }] });

  it('[MQTT-4.7.1-1] # stands alone or behind a separator, and last', () => {
    for (const filter of ['a#', 'a/#/b', '#/a', '##']) refuses(withFilter(filter));
    for (const filter of ['#', 'a/#', '/#']) expect(bytesOf(withFilter(filter))).toBeTruthy();
  });

  it('[MQTT-4.7.1-2] + fills a whole level', () => {
    for (const filter of ['a+', '+a', 'a/b+/c', '++']) refuses(withFilter(filter));
    for (const filter of ['+', '+/+', 'a/+/b', '/+']) expect(bytesOf(withFilter(filter))).toBeTruthy();
  });

  it('[MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] names and filters are not empty, without U+0000, of at most 65,535 bytes', () => {
    for (const text of ['', 'a\0', 'x'.repeat(65_536), 'é'.repeat(32_768)]) {
      refuses({ ...publish, topic: text });
      refuses(withFilter(text));
    }
    expect(bytesOf({ ...publish, topic: 'x'.repeat(65_535) })).toBeTruthy();
    expect(bytesOf(withFilter('x'.repeat(65_535)))).toBeTruthy();
  });

  it('[MQTT-4.8.2-1] [MQTT-4.8.2-2] a shared filter has a share name without wildcards and separators, and a filter', () => {
    for (const filter of [
      '$share/',
      '$share/g',
      '$share/g/',
      '$share//a',
      '$share/g+/a',
      '$share/#/a',
      '$share/+/a',
    ]) {
      refuses(withFilter(filter));
    }
    for (const filter of ['$share/g/a', '$share/g/#', '$share/a b/+/c'])
      expect(bytesOf(withFilter(filter))).toBeTruthy();
  });
});
