// A caller's mistake is one sentence, and not a byte of it leaves.
import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  InvalidPacketError,
  type Packet,
  PacketWriter,
  type ProtocolVersion,
  packetSize,
} from '../../src/packets/index.js';

const publish = {
  type: 'publish',
  topic: 'a',
  payload: new Uint8Array(),
  qos: 0,
  retain: false,
  duplicate: false,
};
const atQoS1 = { ...publish, qos: 1, packetId: 1 };
const connect = { type: 'connect', protocolVersion: 5, clientId: 'c', cleanStart: true, keepAlive: 60 };
const connect4 = { ...connect, protocolVersion: 4 };
const will = { topic: 'w', payload: new Uint8Array(), qos: 0, retain: false };
const wish = { filter: 'a', maximumQoS: 0, noLocal: false, retainAsPublished: false, retainHandling: 'send' };
const subscribe = { type: 'subscribe', packetId: 1, subscriptions: [wish] };
const connack = { type: 'connack', sessionPresent: false, reasonCode: 0 };
const withProperties = (properties: unknown) => ({ ...publish, properties });

type Case = [name: string, packet: unknown, says: RegExp, version?: ProtocolVersion];

const cases: Case[] = [
  // PUBLISH
  ['an empty topic', { ...publish, topic: '' }, /must not be empty/],
  [
    'a topic alias without a topic on 3.1.1',
    { ...publish, topic: '', properties: { topicAlias: 1 } },
    /no properties/,
    4,
  ],
  ['a topic with #', { ...publish, topic: 'a/#' }, /wildcard "#"/],
  ['a topic with +', { ...publish, topic: '+' }, /wildcard "\+"/],
  ['a topic with NUL', { ...publish, topic: 'a\0' }, /U\+0000/],
  ['a topic with a lone surrogate', { ...publish, topic: 'a\ud800' }, /surrogate/],
  ['a topic of 65,536 bytes', { ...publish, topic: 'a'.repeat(65_536) }, /65536 bytes/],
  ['a topic of 65,536 bytes in fewer characters', { ...publish, topic: 'ü'.repeat(32_768) }, /65536 bytes/],
  ['a topic that is no string', { ...publish, topic: Buffer.from('a') }, /topic of PUBLISH must be a string/],
  [
    'a payload that is a string',
    { ...publish, payload: 'x' },
    /payload of PUBLISH must be a Uint8Array, not 'x'/,
  ],
  ['no payload', { ...publish, payload: undefined }, /must be a Uint8Array, not undefined/],
  ['QoS 3', { ...atQoS1, qos: 3 }, /qos of PUBLISH must be .* 0 to 2, not 3/],
  ['no QoS', { ...publish, qos: undefined }, /qos of PUBLISH/],
  ['retain that is a number', { ...publish, retain: 1 }, /retain of PUBLISH must be true or false, not 1/],
  ['duplicate that is missing', { ...publish, duplicate: undefined }, /duplicate of PUBLISH/],
  ['DUP at QoS 0', { ...publish, duplicate: true }, /never a duplicate/],
  ['a packet identifier at QoS 0', { ...publish, packetId: 1 }, /QoS 0 has no packetId/],
  ['packet identifier 0', { ...atQoS1, packetId: 0 }, /from 1 to 65535, not 0/],
  ['packet identifier 65,536', { ...atQoS1, packetId: 65_536 }, /not 65536/],
  ['packet identifier 1.5', { ...atQoS1, packetId: 1.5 }, /not 1.5/],
  ['no packet identifier', { ...publish, qos: 2 }, /packetId of PUBLISH .* not undefined/],
  // Properties
  ['properties on 3.1.1', withProperties({ contentType: 'x' }), /no properties on MQTT 3.1.1/, 4],
  ['properties that are null', withProperties(null), /must be an object, not null/],
  ['properties that are a string', withProperties('x'), /must be an object, not 'x'/],
  ['an unknown property', withProperties({ colour: 'red' }), /PUBLISH has no property 'colour'/],
  [
    'a property of another packet',
    withProperties({ receiveMaximum: 1 }),
    /PUBLISH has no property 'receiveMaximum'/,
  ],
  ['a property named like a method', withProperties({ constructor: 1 }), /no property 'constructor'/],
  ['payload format true', withProperties({ payloadFormat: true }), /must be 'bytes' or 'utf8'/],
  ['a negative interval', withProperties({ messageExpiryInterval: -1 }), /messageExpiryInterval .* not -1/],
  ['an interval of 2^32', withProperties({ messageExpiryInterval: 2 ** 32 }), /not 4294967296/],
  ['an interval of 1.5', withProperties({ messageExpiryInterval: 1.5 }), /whole number/],
  ['an interval that is no number', withProperties({ messageExpiryInterval: Number.NaN }), /not NaN/],
  ['an interval as a string', withProperties({ messageExpiryInterval: '5' }), /not '5'/],
  ['topic alias 0', withProperties({ topicAlias: 0 }), /topicAlias must be .* from 1/],
  ['topic alias 65,536', withProperties({ topicAlias: 65_536 }), /topicAlias/],
  ['a response topic with wildcard', withProperties({ responseTopic: 'a/+' }), /responseTopic.*wildcard/],
  [
    'a response topic that is no string',
    withProperties({ responseTopic: 1 }),
    /responseTopic must be a string/,
  ],
  ['a content type with NUL', withProperties({ contentType: '\0' }), /contentType contains U\+0000/],
  ['a content type of 65,536 bytes', withProperties({ contentType: 'a'.repeat(65_536) }), /65536 bytes/],
  ['a content type that is no string', withProperties({ contentType: {} }), /not an object \(Object\)/],
  [
    'correlation data as a string',
    withProperties({ correlationData: 'x' }),
    /correlationData must be a Uint8Array/,
  ],
  [
    'correlation data of 65,536 bytes',
    withProperties({ correlationData: new Uint8Array(65_536) }),
    /65536 bytes/,
  ],
  ['user properties as an object', withProperties({ userProperties: { a: 'b' } }), /must be an array/],
  ['a user property of one string', withProperties({ userProperties: [['a']] }), /\[name, value\] pairs/],
  ['a user property that is a string', withProperties({ userProperties: ['ab'] }), /\[name, value\] pairs/],
  [
    'a user property with a number',
    withProperties({ userProperties: [['a', 1]] }),
    /userProperties must be a string/,
  ],
  [
    'a user property with a lone surrogate',
    withProperties({ userProperties: [['\udc00', '']] }),
    /surrogate/,
  ],
  ['subscription identifier 0', withProperties({ subscriptionIdentifiers: [0] }), /from 1 to 268435455/],
  [
    'a subscription identifier above the maximum',
    withProperties({ subscriptionIdentifiers: [2 ** 28] }),
    /268435456/,
  ],
  [
    'a subscription identifier without a list',
    withProperties({ subscriptionIdentifiers: 1 }),
    /must be an array/,
  ],
  // Acknowledgements
  ['PUBACK with identifier 0', { type: 'puback', packetId: 0, reasonCode: 0 }, /packetId of PUBACK/],
  [
    'PUBACK with an unknown code',
    { type: 'puback', packetId: 1, reasonCode: 0x92 },
    /can't carry reason code 146/,
  ],
  ['PUBREL without a code', { type: 'pubrel', packetId: 1 }, /can't carry reason code undefined/],
  [
    'PUBACK with a code on 3.1.1',
    { type: 'puback', packetId: 1, reasonCode: 0x80 },
    /no reason code on MQTT 3.1.1/,
    4,
  ],
  [
    'PUBACK with properties on 3.1.1',
    { type: 'puback', packetId: 1, reasonCode: 0, properties: { reasonString: 'x' } },
    /no properties on MQTT 3.1.1/,
    4,
  ],
  [
    'PUBACK with a property of PUBLISH',
    { type: 'puback', packetId: 1, reasonCode: 0, properties: { contentType: 'x' } },
    /PUBACK has no property/,
  ],
  // CONNECT
  ['CONNECT of another version', connect4, /says protocolVersion 4, but the connection speaks 5/],
  ['CONNECT without cleanStart', { ...connect, cleanStart: undefined }, /cleanStart/],
  ['a keep alive of 65,536', { ...connect, keepAlive: 65_536 }, /keepAlive/],
  [
    'a client identifier that is no string',
    { ...connect, clientId: 5 },
    /clientId of CONNECT must be a string/,
  ],
  [
    'an empty client identifier with a session on 3.1.1',
    { ...connect4, clientId: '', cleanStart: false },
    /needs a clientId/,
    4,
  ],
  [
    'a password without user name on 3.1.1',
    { ...connect4, password: new Uint8Array() },
    /without a username/,
    4,
  ],
  [
    'a password that is a string',
    { ...connect, username: 'u', password: 'p' },
    /password of CONNECT must be a Uint8Array/,
  ],
  [
    'a password of 65,536 bytes',
    { ...connect, username: 'u', password: new Uint8Array(65_536) },
    /65536 bytes/,
  ],
  ['a user name with NUL', { ...connect, username: '\0' }, /username of CONNECT contains U\+0000/],
  ['a receive maximum of 0', { ...connect, properties: { receiveMaximum: 0 } }, /receiveMaximum .* from 1/],
  ['properties of CONNECT on 3.1.1', { ...connect4, properties: { receiveMaximum: 5 } }, /no properties/, 4],
  [
    'authentication data without method',
    { ...connect, properties: { authenticationData: new Uint8Array() } },
    /without/,
  ],
  ['a flag that is a number', { ...connect, properties: { requestProblemInformation: 1 } }, /true or false/],
  ['a will that is null', { ...connect, will: null }, /will must be an object/],
  [
    'a will topic with wildcard',
    { ...connect, will: { ...will, topic: 'a/#' } },
    /will can't be published.*wildcard/,
  ],
  ['a will topic that is empty', { ...connect, will: { ...will, topic: '' } }, /will can't be published/],
  ['a will at QoS 3', { ...connect, will: { ...will, qos: 3 } }, /qos of the will/],
  ['a will without retain', { ...connect, will: { ...will, retain: undefined } }, /retain of the will/],
  [
    'a will of 65,536 bytes',
    { ...connect, will: { ...will, payload: new Uint8Array(65_536) } },
    /payload of the will/,
  ],
  [
    'a will with a topic alias',
    { ...connect, will: { ...will, properties: { topicAlias: 1 } } },
    /WILL has no property/,
  ],
  [
    'a will with properties on 3.1.1',
    { ...connect4, will: { ...will, properties: { contentType: 'x' } } },
    /WILL has no properties/,
    4,
  ],
  // CONNACK
  [
    'CONNACK that refuses with a session',
    { ...connack, sessionPresent: true, reasonCode: 0x87 },
    /no session present/,
  ],
  ['CONNACK with an unknown code', { ...connack, reasonCode: 1 }, /can't carry reason code 1/],
  [
    'CONNACK with a code of MQTT 5 on 3.1.1',
    { ...connack, reasonCode: 0x87 },
    /return code .* 0 to 5, not 135/,
    4,
  ],
  ['CONNACK with maximum QoS 2', { ...connack, properties: { maximumQoS: 2 } }, /maximumQoS .* 0 to 1/],
  // SUBSCRIBE and the rest
  ['no subscriptions', { ...subscribe, subscriptions: [] }, /is empty/],
  ['subscriptions that are no list', { ...subscribe, subscriptions: 'a' }, /must be an array/],
  ['SUBSCRIBE with identifier 0', { ...subscribe, packetId: 0 }, /packetId of SUBSCRIBE/],
  ['a filter with a glued +', { ...subscribe, subscriptions: [{ ...wish, filter: 'a+' }] }, /"\+"/],
  ['a filter with # inside', { ...subscribe, subscriptions: [{ ...wish, filter: '#/a' }] }, /"#"/],
  ['an empty filter', { ...subscribe, subscriptions: [{ ...wish, filter: '' }] }, /must not be empty/],
  [
    'a filter that is no string',
    { ...subscribe, subscriptions: [{ ...wish, filter: null }] },
    /must be a string/,
  ],
  [
    'a filter of 65,536 bytes',
    { ...subscribe, subscriptions: [{ ...wish, filter: 'a'.repeat(65_536) }] },
    /65536/,
  ],
  [
    'a share without a name',
    { ...subscribe, subscriptions: [{ ...wish, filter: '$share//a' }] },
    /empty share name/,
  ],
  [
    'a subscription at QoS 3',
    { ...subscribe, subscriptions: [{ ...wish, maximumQoS: 3 }] },
    /maximumQoS of 'a'/,
  ],
  ['No Local that is a number', { ...subscribe, subscriptions: [{ ...wish, noLocal: 1 }] }, /noLocal of 'a'/],
  [
    'No Local on a share',
    { ...subscribe, subscriptions: [{ ...wish, filter: '$share/g/a', noLocal: true }] },
    /MQTT-3.8.3-4/,
  ],
  [
    'an unknown retain handling',
    { ...subscribe, subscriptions: [{ ...wish, retainHandling: 1 }] },
    /retainHandling/,
  ],
  ['No Local on 3.1.1', { ...subscribe, subscriptions: [{ ...wish, noLocal: true }] }, /does not have/, 4],
  [
    'retain handling on 3.1.1',
    { ...subscribe, subscriptions: [{ ...wish, retainHandling: 'never' }] },
    /does not have/,
    4,
  ],
  [
    'SUBSCRIBE with identifier property 0',
    { ...subscribe, properties: { subscriptionIdentifier: 0 } },
    /from 1/,
  ],
  ['SUBACK without codes', { type: 'suback', packetId: 1, reasonCodes: [] }, /is empty/],
  ['SUBACK with QoS 3', { type: 'suback', packetId: 1, reasonCodes: [3] }, /can't carry reason code 3/],
  [
    'SUBACK with a code of MQTT 5 on 3.1.1',
    { type: 'suback', packetId: 1, reasonCodes: [0x87] },
    /not 135/,
    4,
  ],
  ['UNSUBSCRIBE without filters', { type: 'unsubscribe', packetId: 1, filters: [] }, /is empty/],
  ['UNSUBSCRIBE with a wrong filter', { type: 'unsubscribe', packetId: 1, filters: ['a#'] }, /"#"/],
  ['UNSUBACK without codes', { type: 'unsuback', packetId: 1, reasonCodes: [] }, /is empty/],
  [
    'UNSUBACK with codes on 3.1.1',
    { type: 'unsuback', packetId: 1, reasonCodes: [0] },
    /leave the list empty/,
    4,
  ],
  [
    'DISCONNECT with a code of PUBACK',
    { type: 'disconnect', reasonCode: 0x10 },
    /can't carry reason code 16/,
  ],
  [
    'DISCONNECT with a code on 3.1.1',
    { type: 'disconnect', reasonCode: 4 },
    /no reason code on MQTT 3.1.1/,
    4,
  ],
  ['AUTH on 3.1.1', { type: 'auth', reasonCode: 0 }, /AUTH does not exist/, 4],
  ['AUTH without a method', { type: 'auth', reasonCode: 0x18 }, /authenticationMethod/],
  [
    'AUTH with an unknown code',
    { type: 'auth', reasonCode: 1, properties: { authenticationMethod: 'm' } },
    /code 1/,
  ],
  // No packet at all
  ['an unknown type', { type: 'hello' }, /no packet of type 'hello'/],
  ['no type', {}, /no packet of type undefined/],
  ['null', null, /packet must be an object, not null/],
  ['undefined', undefined, /packet must be an object, not undefined/],
];

describe('the encoder refuses', () => {
  it.each(cases)('%s', (_name, wrong, says, version = 5) => {
    const packet = wrong as Packet; // wrong on purpose
    const written: Uint8Array[] = [];
    const writer = new PacketWriter({
      protocolVersion: version,
      sink: (bytes) => written.push(Buffer.from(bytes)),
    });
    writer.write({ type: 'pingreq' });
    for (const attempt of [
      () => encodePacket(packet, version),
      () => packetSize(packet, version),
      () => writer.write(packet),
    ]) {
      expect(attempt).toThrow(InvalidPacketError);
      expect(attempt).toThrow(says);
      expect(attempt).toThrow(/^.+\.$/);
    }
    expect(writer.pendingBytes).toBe(2);
    writer.write({ type: 'pingreq' });
    writer.flush();
    expect(Buffer.concat(written).toString('hex')).toBe('c000c000');
  });
});

describe('the encoder takes', () => {
  it('a password without a user name on MQTT 5', () => {
    const packet = { ...connect, password: Uint8Array.of(1, 2) } as Packet; // the literal's type is wider
    expect(Buffer.from(encodePacket(packet, 5)).toString('hex')).toBe(
      '101200044d5154540542003c0000016300020102',
    );
  });

  it('the same where cutting the user name out makes the length one byte shorter', () => {
    const packet = { ...connect, clientId: 'c'.repeat(109), password: Uint8Array.of(1, 2) } as Packet; // as above
    const bytes = encodePacket(packet, 5);
    expect(bytes.length).toBe(2 + bytes[1]!);
    expect(bytes[1]).toBe(126);
    const longer = encodePacket({ ...packet, clientId: 'c'.repeat(111) } as Packet, 5);
    expect([longer.length, longer[1], longer[2]]).toEqual([3 + 128, 0x80, 0x01]);
  });

  it('an empty client identifier without a clean start on MQTT 5', () => {
    const packet = { ...connect, clientId: '', cleanStart: false } as Packet; // as above
    expect(Buffer.from(encodePacket(packet, 5)).toString('hex')).toBe('100d00044d5154540500003c000000');
  });

  it('properties that are empty or undefined, also on 3.1.1', () => {
    for (const properties of [{}, { contentType: undefined }, { userProperties: [] }]) {
      const packet = { ...publish, properties } as Packet; // as a caller without exactOptionalPropertyTypes writes it
      expect(Buffer.from(encodePacket(packet, 4)).toString('hex')).toBe('3003000161');
      expect(Buffer.from(encodePacket(packet, 5)).toString('hex')).toBe('300400016100');
    }
  });

  it('an empty list of user properties in every packet', () => {
    const packets = [
      connect,
      { type: 'disconnect', reasonCode: 0 },
      { type: 'auth', reasonCode: 0 },
      subscribe,
      connack,
    ];
    for (const packet of packets as Packet[]) {
      const empty = { ...packet, properties: { userProperties: [] } } as Packet; // the union does not distribute
      expect(encodePacket(empty, 5)).toStrictEqual(encodePacket(packet, 5));
    }
  });

  it('user properties in the order of the caller, repeated, with names that look like numbers', () => {
    const userProperties = [
      ['b', '1'],
      ['2', 'x'],
      ['1', 'y'],
      ['b', ''],
    ] as const;
    const packet: Packet = {
      type: 'unsubscribe',
      packetId: 1,
      filters: ['a'],
      properties: { userProperties },
    };
    const bytes = Buffer.from(encodePacket(packet, 5)).toString('latin1');
    expect(bytes.replaceAll(/[^b12xy]/g, '')).toBe('b12x1yb');
  });
});
