// Bytes that break the specification, each with the code that a DISCONNECT must give. Written from the text of
// MQTT 5.0 and 3.1.1, not from any implementation.
import { describe, expect, it } from 'vitest';
import { ProtocolError, type Receiver } from '../../src/packets/index.js';
import { cuttings, decodeAll, hex } from '../support/packets/cuttings.js';

const connect5 = '10 0d 0004 4d515454 05 02 003c 00 0000';
const connect4 = '10 0c 0004 4d515454 04 02 003c 0000';
const before: Record<Receiver, Record<4 | 5, string>> = {
  client: { 4: '20 02 00 00', 5: '20 03 00 00 00' },
  server: { 4: connect4, 5: connect5 },
};
// A PUBLISH and a ping, legal for the receiver: neither may be delivered after the error.
const behind: Record<Receiver, Record<4 | 5, string>> = {
  client: { 4: '30 04 0001 61 78 d0 00', 5: '30 05 0001 61 00 78 d0 00' },
  server: { 4: '30 04 0001 61 78 c0 00', 5: '30 05 0001 61 00 78 c0 00' },
};

type Case = [name: string, bytes: string, code: number, says: RegExp];

const toClient5: Case[] = [
  // 2.1: the fixed header
  ['packet type 0', '00 00', 0x81, /type 0 is reserved/],
  ['CONNECT', connect5, 0x82, /server must not send CONNECT/],
  ['SUBSCRIBE', '82 07 0001 00 0001 61 00', 0x82, /must not send SUBSCRIBE/],
  ['UNSUBSCRIBE', 'a2 06 0001 00 0001 61', 0x82, /must not send UNSUBSCRIBE/],
  ['PINGREQ', 'c0 00', 0x82, /must not send PINGREQ/],
  ['CONNACK with flags', '21 03 00 00 00', 0x81, /CONNACK.*flags are 1/],
  ['PUBACK with flags', '41 02 0001', 0x81, /PUBACK.*flags are 1/],
  ['PUBREC with flags', '52 02 0001', 0x81, /PUBREC.*flags/],
  ['PUBREL without its flags', '60 02 0001', 0x81, /PUBREL.*must be 2/],
  ['PUBCOMP with flags', '78 02 0001', 0x81, /PUBCOMP.*flags/],
  ['SUBACK with flags', '94 04 0001 00 00', 0x81, /SUBACK.*flags/],
  ['UNSUBACK with flags', 'b1 04 0001 00 00', 0x81, /UNSUBACK.*flags/],
  ['PINGRESP with flags', 'd1 00', 0x81, /PINGRESP.*flags/],
  ['DISCONNECT with flags', 'e1 00', 0x81, /DISCONNECT.*flags/],
  ['AUTH with flags', 'f1 00', 0x81, /AUTH.*flags/],
  ['PUBLISH at QoS 3', '36 07 0001 61 0001 00 78', 0x81, /both QoS bits/],
  ['PUBLISH at QoS 0 with DUP', '38 05 0001 61 00 78', 0x81, /DUP is set at QoS 0/],
  ['a remaining length of five bytes', '30 80 80 80 80 01', 0x81, /longer than four bytes/],
  ['a remaining length of four bytes that says it goes on', '30 ff ff ff ff', 0x81, /longer than four bytes/],
  ['a remaining length that is not the shortest', 'd0 80 00', 0x81, /shortest form/],
  [
    'a remaining length of three bytes where one would do',
    '30 85 80 00 0001 61 00 78',
    0x81,
    /shortest form/,
  ],
  ['a packet above the maximum size, from its header', '30 81 20', 0x95, /4100 bytes.*at most 4096/],
  ['the largest remaining length', '30 ff ff ff 7f', 0x95, /at most 4096/],
  // 3.2 CONNACK
  ['CONNACK without a reason code', '20 01 00', 0x81, /ends inside the reason code/],
  ['an empty CONNACK', '20 00', 0x81, /ends inside/],
  ['CONNACK of MQTT 3.1.1', '20 02 00 01', 0x81, /server does not speak MQTT 5/],
  ['CONNACK with reserved acknowledge flags', '20 03 02 00 00', 0x81, /reserved acknowledge flags/],
  ['CONNACK with an unknown reason code', '20 03 00 05 00', 0x82, /0x05 must not stand in CONNACK/],
  ['CONNACK with the code of another packet', '20 03 00 8e 00', 0x82, /0x8e must not stand in CONNACK/],
  ['CONNACK that refuses with a session', '20 03 01 87 00', 0x82, /MQTT-3.2.2-6/],
  ['CONNACK with a receive maximum of 0', '20 06 00 00 03 21 0000', 0x82, /receiveMaximum is 0/],
  ['CONNACK with a maximum packet size of 0', '20 08 00 00 05 27 00000000', 0x82, /maximumPacketSize is 0/],
  ['CONNACK with maximum QoS 2', '20 05 00 00 02 24 02', 0x82, /maximumQoS is 2/],
  ['CONNACK with retain available 2', '20 05 00 00 02 25 02', 0x82, /retainAvailable is 2/],
  [
    'CONNACK with shared subscriptions 255',
    '20 05 00 00 02 2a ff',
    0x82,
    /sharedSubscriptionAvailable is 255/,
  ],
  ['CONNACK with a property twice', '20 09 00 00 06 21 0001 21 0001', 0x82, /receiveMaximum is there twice/],
  [
    'CONNACK with an empty string property twice',
    '20 09 00 00 06 12 0000 12 0000',
    0x82,
    /assignedClientIdentifier is there twice/,
  ],
  ['CONNACK with a property of PUBLISH', '20 06 00 00 03 23 0001', 0x81, /0x23 is not allowed/],
  ['CONNACK with an unknown property', '20 05 00 00 02 7f 00', 0x81, /0x7f is not allowed/],
  ['CONNACK with bytes behind its properties', '20 04 00 00 00 00', 0x81, /1 byte\(s\) follow/],
  // 2.2.2 property lengths
  ['properties that end inside a property', '20 05 00 00 02 21 00', 0x81, /ends inside receiveMaximum/],
  ['a property length beyond the packet', '20 04 00 00 05 21', 0x81, /ends inside the properties/],
  [
    'a property length beyond the packet, with the next packet in its place',
    '20 03 00 00 08',
    0x81,
    /ends inside the properties/,
  ],
  ['a property length that is not the shortest', '20 04 00 00 80 00', 0x81, /shortest form/],
  ['a property length of five bytes', '20 07 00 00 80 80 80 80 01', 0x81, /longer than four bytes/],
  ['no property length', '90 02 0001', 0x81, /ends inside the property length/],
  // 3.3 PUBLISH
  ['PUBLISH with a topic beyond the packet', '30 05 0009 61 00 78', 0x81, /ends inside the topic/],
  ['PUBLISH of one byte', '30 01 00', 0x81, /ends inside the length of the topic/],
  ['an empty PUBLISH', '30 00', 0x81, /ends inside the length of the topic/],
  ['PUBLISH without its packet identifier', '32 03 0001 61', 0x81, /ends inside the packet identifier/],
  ['PUBLISH with half a packet identifier', '32 04 0001 61 00', 0x81, /ends inside the packet identifier/],
  ['PUBLISH with packet identifier 0', '32 06 0001 61 0000 00', 0x82, /packet identifier is 0/],
  ['PUBLISH without a property length', '30 03 0001 61', 0x81, /ends inside the property length/],
  ['PUBLISH without topic and alias', '30 04 0000 00 78', 0x82, /neither a topic nor a topic alias/],
  [
    'PUBLISH without topic, with other properties',
    '30 06 0000 02 01 01 78',
    0x82,
    /neither a topic nor a topic alias/,
  ],
  ['PUBLISH with + in its topic', '30 05 0001 2b 00 78', 0x82, /'\+' contains a wildcard/],
  ['PUBLISH with # in its topic', '30 07 0003 612f23 00 78', 0x82, /'a\/#' contains a wildcard/],
  ['PUBLISH with NUL in its topic', '30 06 0002 6100 00 78', 0x81, /topic contains U\+0000/],
  ['PUBLISH with a topic that is cut UTF-8', '30 05 0001 c3 00 78', 0x81, /topic is not valid UTF-8/],
  ['PUBLISH with an overlong NUL in its topic', '30 06 0002 c080 00 78', 0x81, /topic is not valid UTF-8/],
  ['PUBLISH with a surrogate in its topic', '30 07 0003 eda080 00 78', 0x81, /topic is not valid UTF-8/],
  ['PUBLISH with a topic above U+10FFFF', '30 08 0004 f4908080 00 78', 0x81, /topic is not valid UTF-8/],
  ['PUBLISH with topic alias 0', '30 08 0001 61 03 23 0000 78', 0x94, /topicAlias is 0/],
  [
    'PUBLISH with topic alias twice',
    '30 0b 0001 61 06 23 0001 23 0001 78',
    0x82,
    /topicAlias is there twice/,
  ],
  [
    'PUBLISH with subscription identifier 0',
    '30 07 0001 61 02 0b 00 78',
    0x82,
    /subscriptionIdentifiers is 0/,
  ],
  ['PUBLISH with a long subscription identifier', '30 08 0001 61 03 0b 81 00 78', 0x81, /shortest form/],
  ['PUBLISH with payload format 2', '30 07 0001 61 02 01 02 78', 0x82, /payloadFormat is 2/],
  [
    'PUBLISH with payload format twice',
    '30 09 0001 61 04 01 00 01 01 78',
    0x82,
    /payloadFormat is there twice/,
  ],
  [
    'PUBLISH with message expiry 0 twice',
    '30 0f 0001 61 0a 02 00000000 02 00000001 78',
    0x82,
    /messageExpiryInterval is there twice/,
  ],
  ['PUBLISH with a receive maximum', '30 08 0001 61 03 21 0001 78', 0x81, /0x21 is not allowed/],
  [
    'PUBLISH with a wildcard as response topic',
    '30 09 0001 61 04 08 0001 23 78',
    0x82,
    /responseTopic is no topic/,
  ],
  ['PUBLISH with an empty response topic', '30 08 0001 61 03 08 0000 78', 0x82, /responseTopic is no topic/],
  [
    'PUBLISH with NUL in its content type',
    '30 09 0001 61 04 03 0001 00 78',
    0x81,
    /contentType contains U\+0000/,
  ],
  ['PUBLISH with a cut content type', '30 07 0001 61 03 03 0001', 0x81, /ends inside contentType/],
  [
    'PUBLISH with correlation data beyond the properties',
    '30 09 0001 61 03 09 0002 7878',
    0x81,
    /ends inside correlationData/,
  ],
  ['PUBLISH with half a user property', '30 08 0001 61 04 26 0001 61', 0x81, /ends inside .*userProperties/],
  [
    'PUBLISH with a user property that is no UTF-8',
    '30 0b 0001 61 07 26 0001 61 0001 ff',
    0x81,
    /userProperties: a value is not valid UTF-8/,
  ],
  [
    'PUBLISH with NUL in the name of a user property',
    '30 0b 0001 61 07 26 0001 00 0001 61',
    0x81,
    /userProperties: a name contains U\+0000/,
  ],
  // 3.4 to 3.7 the acknowledgements
  ['an empty PUBACK', '40 00', 0x81, /PUBACK.*ends inside the packet identifier/],
  ['PUBACK of one byte', '40 01 00', 0x81, /PUBACK.*ends inside the packet identifier/],
  ['PUBACK with packet identifier 0', '40 02 0000', 0x82, /PUBACK.*identifier is 0/],
  ['PUBREC with packet identifier 0 and a code', '50 03 0000 10', 0x82, /PUBREC.*identifier is 0/],
  ['PUBACK with the code of another packet', '40 03 0001 92', 0x82, /0x92 must not stand/],
  ['PUBREC with an unknown code', '50 03 0001 01', 0x82, /0x01 must not stand/],
  ['PUBREL with the code of PUBACK', '62 03 0001 10', 0x82, /0x10 must not stand/],
  ['PUBCOMP with an unknown code', '70 03 0001 ff', 0x82, /0xff must not stand/],
  ['PUBACK with bytes behind its properties', '40 06 0001 00 00 ffff', 0x81, /2 byte\(s\) follow/],
  ['PUBACK with a topic alias', '40 07 0001 00 03 23 0001', 0x81, /0x23 is not allowed/],
  [
    'PUBACK with two reason strings',
    '40 0c 0001 00 08 1f 0001 61 1f 0001 61',
    0x82,
    /reasonString is there twice/,
  ],
  // 3.9, 3.11, 3.13
  ['SUBACK without reason codes', '90 03 0001 00', 0x82, /no reason code/],
  ['SUBACK with packet identifier 0', '90 04 0000 00 00', 0x82, /identifier is 0/],
  ['SUBACK with QoS 3', '90 04 0001 00 03', 0x82, /0x03 must not stand in SUBACK/],
  ['UNSUBACK without reason codes', 'b0 03 0001 00', 0x82, /no reason code/],
  ['UNSUBACK with a code of SUBACK', 'b0 04 0001 00 01', 0x82, /0x01 must not stand in UNSUBACK/],
  ['PINGRESP with a body', 'd0 01 00', 0x81, /1 byte\(s\) follow/],
  // 3.14 DISCONNECT, 3.15 AUTH
  ['DISCONNECT with an unknown code', 'e0 01 05', 0x82, /0x05 must not stand in DISCONNECT/],
  ['DISCONNECT with the code of a client', 'e0 01 04', 0x82, /0x04 must not stand in DISCONNECT of a server/],
  [
    'DISCONNECT of a server with a session expiry',
    'e0 07 00 05 11 00000001',
    0x82,
    /server must not set sessionExpiryInterval/,
  ],
  ['DISCONNECT with bytes behind its properties', 'e0 03 00 00 00', 0x81, /1 byte\(s\) follow/],
  ['AUTH without a property length', 'f0 01 18', 0x81, /ends inside the property length/],
  ['AUTH without a method', 'f0 02 18 00', 0x82, /no authenticationMethod/],
  [
    'AUTH with the code of a client',
    'f0 06 19 04 15 0001 61',
    0x82,
    /0x19 must not stand in AUTH of a server/,
  ],
  ['AUTH with an unknown code', 'f0 06 01 04 15 0001 61', 0x82, /0x01 must not stand in AUTH/],
];

const toServer5: Case[] = [
  ['CONNACK', '20 03 00 00 00', 0x82, /client must not send CONNACK/],
  ['SUBACK', '90 04 0001 00 00', 0x82, /must not send SUBACK/],
  ['UNSUBACK', 'b0 04 0001 00 00', 0x82, /must not send UNSUBACK/],
  ['PINGRESP', 'd0 00', 0x82, /must not send PINGRESP/],
  ['a second CONNECT', connect5, 0x82, /second CONNECT/],
  ['SUBSCRIBE without its flags', '80 07 0001 00 0001 61 00', 0x81, /SUBSCRIBE.*must be 2/],
  ['UNSUBSCRIBE without its flags', 'a0 06 0001 00 0001 61', 0x81, /UNSUBSCRIBE.*must be 2/],
  ['PINGREQ with flags', 'c1 00', 0x81, /PINGREQ.*flags/],
  ['PINGREQ with a body', 'c0 01 00', 0x81, /1 byte\(s\) follow/],
  ['PUBLISH with a subscription identifier', '30 07 0001 61 02 0b 01 78', 0x82, /MQTT-3.3.4-6/],
  ['SUBSCRIBE without filters', '82 03 0001 00', 0x82, /no topic filter/],
  ['SUBSCRIBE with packet identifier 0', '82 07 0000 00 0001 61 00', 0x82, /identifier is 0/],
  ['SUBSCRIBE without options', '82 06 0001 00 0001 61', 0x81, /ends inside the subscription options/],
  ['SUBSCRIBE with QoS 3', '82 07 0001 00 0001 61 03', 0x82, /QoS 3/],
  ['SUBSCRIBE with retain handling 3', '82 07 0001 00 0001 61 30', 0x82, /retain handling 3/],
  ['SUBSCRIBE with reserved option bit 6', '82 07 0001 00 0001 61 40', 0x81, /reserved bits/],
  ['SUBSCRIBE with reserved option bit 7', '82 07 0001 00 0001 61 80', 0x81, /reserved bits/],
  [
    'SUBSCRIBE with subscription identifier 0',
    '82 09 0001 02 0b 00 0001 61 00',
    0x82,
    /subscriptionIdentifier is 0/,
  ],
  [
    'SUBSCRIBE with two subscription identifiers',
    '82 0b 0001 04 0b 01 0b 02 0001 61 00',
    0x82,
    /subscriptionIdentifier is there twice/,
  ],
  ['SUBSCRIBE with an empty filter', '82 06 0001 00 0000 00', 0x82, /must not be empty/],
  ['SUBSCRIBE with a # inside', '82 09 0001 00 0003 232f61 00', 0x82, /"#"/],
  ['SUBSCRIBE with a glued +', '82 08 0001 00 0002 612b 00', 0x82, /"\+"/],
  [
    'SUBSCRIBE with an empty share name',
    '82 0f 0001 00 0009 2473686172652f2f61 00',
    0x82,
    /empty share name/,
  ],
  [
    'SUBSCRIBE with No Local on a shared subscription',
    '82 10 0001 00 000a 2473686172652f672f61 04',
    0x82,
    /MQTT-3.8.3-4/,
  ],
  ['SUBSCRIBE with NUL in a filter', '82 08 0001 00 0002 6100 00', 0x81, /filter contains U\+0000/],
  ['SUBSCRIBE with a filter that is no UTF-8', '82 07 0001 00 0001 ff 00', 0x81, /filter is not valid UTF-8/],
  [
    'SUBSCRIBE with a second filter that is cut',
    '82 09 0001 00 0001 61 00 0001',
    0x81,
    /ends inside a topic filter/,
  ],
  ['UNSUBSCRIBE without filters', 'a2 03 0001 00', 0x82, /no topic filter/],
  ['UNSUBSCRIBE with a cut filter', 'a2 06 0001 00 0002 61', 0x81, /ends inside a topic filter/],
  ['UNSUBSCRIBE with a glued #', 'a2 07 0001 00 0002 6123', 0x82, /"#"/],
  ['UNSUBSCRIBE with a property of SUBSCRIBE', 'a2 08 0001 02 0b 01 0001 61', 0x81, /0xb is not allowed/],
  ['DISCONNECT with the code of a server', 'e0 01 8e', 0x82, /0x8e must not stand in DISCONNECT of a client/],
  ['AUTH with the code of a server', 'f0 00', 0x82, /0x00 must not stand in AUTH of a client/],
];

const toServerFirst: Case[] = [
  ['PINGREQ before CONNECT', 'c0 00', 0x82, /first packet of a client must be CONNECT/],
  ['PUBLISH before CONNECT', '30 05 0001 61 00 78', 0x82, /first packet of a client must be CONNECT/],
  ['CONNECT with flags', '11 0d 0004 4d515454 05 02 003c 00 0000', 0x81, /CONNECT.*flags/],
  ['an empty CONNECT', '10 00', 0x81, /ends inside the length of the protocol name/],
  ['CONNECT that ends behind its level', '10 07 0004 4d515454 05', 0x81, /ends inside the connect flags/],
  ['CONNECT of another protocol', '10 0d 0004 4d515455 05 02 003c 00 0000', 0x84, /'MQTU' level 5/],
  ['CONNECT of MQTT 3.1', '10 0e 0006 4d5149736470 03 02 003c 0000', 0x84, /'MQIsdp' level 3/],
  ['CONNECT of level 6', '10 0d 0004 4d515454 06 02 003c 00 0000', 0x84, /level 6/],
  ['CONNECT of a bridge, level 0x84', '10 0c 0004 4d515454 84 02 003c 0000', 0x84, /level 132/],
  ['CONNECT with the reserved flag', '10 0d 0004 4d515454 05 03 003c 00 0000', 0x81, /reserved connect flag/],
  ['CONNECT with will QoS but no will', '10 0d 0004 4d515454 05 0a 003c 00 0000', 0x81, /without a will/],
  ['CONNECT with will retain but no will', '10 0d 0004 4d515454 05 22 003c 00 0000', 0x81, /without a will/],
  [
    'CONNECT with will QoS 3',
    '10 13 0004 4d515454 05 1e 003c 00 0000 00 0001 61 0000',
    0x81,
    /will has QoS 3/,
  ],
  ['CONNECT without the will it announces', '10 0d 0004 4d515454 05 06 003c 00 0000', 0x81, /ends inside/],
  [
    'CONNECT with a will topic with wildcard',
    '10 13 0004 4d515454 05 06 003c 00 0000 00 0001 23 0000',
    0x82,
    /will can't be published.*wildcard/,
  ],
  [
    'CONNECT with an empty will topic',
    '10 12 0004 4d515454 05 06 003c 00 0000 00 0000 0000',
    0x82,
    /will can't be published.*empty/,
  ],
  [
    'CONNECT with a topic alias in its will',
    '10 16 0004 4d515454 05 06 003c 00 0000 03 23 0001 0001 61 0000',
    0x81,
    /0x23 is not allowed/,
  ],
  [
    'CONNECT without the user name it announces',
    '10 0d 0004 4d515454 05 82 003c 00 0000',
    0x81,
    /the user name/,
  ],
  [
    'CONNECT without the password it announces',
    '10 0d 0004 4d515454 05 42 003c 00 0000',
    0x81,
    /the password/,
  ],
  ['CONNECT with bytes behind', '10 0e 0004 4d515454 05 02 003c 00 0000 00', 0x81, /1 byte\(s\) follow/],
  [
    'CONNECT with NUL in the client identifier',
    '10 0e 0004 4d515454 05 02 003c 00 0001 00',
    0x81,
    /client identifier contains U\+0000/,
  ],
  [
    'CONNECT with a user name that is no UTF-8',
    '10 10 0004 4d515454 05 82 003c 00 0000 0001 ff',
    0x81,
    /user name is not valid UTF-8/,
  ],
  [
    'CONNECT with a receive maximum of 0',
    '10 10 0004 4d515454 05 02 003c 03 21 0000 0000',
    0x82,
    /receiveMaximum is 0/,
  ],
  [
    'CONNECT with request problem information 2',
    '10 0f 0004 4d515454 05 02 003c 02 17 02 0000',
    0x82,
    /requestProblemInformation is 2/,
  ],
  [
    'CONNECT with authentication data but no method',
    '10 11 0004 4d515454 05 02 003c 04 16 0001 61 0000',
    0x82,
    /without authenticationMethod/,
  ],
  [
    'CONNECT of 3.1.1 with a password but no user name',
    '10 0f 0004 4d515454 04 42 003c 0000 0001 61',
    0x81,
    /password without a user name/,
  ],
];

const toClient4: Case[] = [
  ['AUTH', 'f0 00', 0x81, /type 15 is reserved/],
  ['DISCONNECT', 'e0 00', 0x82, /server must not send DISCONNECT/],
  ['CONNACK with return code 6', '20 02 00 06', 0x81, /return code 6 is reserved/],
  ['CONNACK that refuses with a session', '20 02 01 05', 0x82, /session is present/],
  ['CONNACK of MQTT 5', '20 03 00 00 00', 0x81, /1 byte\(s\) follow/],
  ['PUBACK of three bytes', '40 03 0001 00', 0x81, /1 byte\(s\) follow/],
  ['PUBACK with packet identifier 0', '40 02 0000', 0x82, /identifier is 0/],
  ['PUBLISH without a topic', '30 03 0000 78', 0x82, /neither a topic/],
  ['SUBACK with return code 3', '90 03 0001 03', 0x81, /return code 3 is reserved/],
  ['SUBACK with a code of MQTT 5', '90 03 0001 87', 0x81, /return code 135 is reserved/],
  ['SUBACK without return codes', '90 02 0001', 0x82, /no reason code/],
  ['UNSUBACK of three bytes', 'b0 03 0001 00', 0x81, /1 byte\(s\) follow/],
];

const toServer4: Case[] = [
  ['AUTH', 'f0 00', 0x81, /type 15 is reserved/],
  ['DISCONNECT with a reason code', 'e0 01 00', 0x81, /1 byte\(s\) follow/],
  ['SUBSCRIBE with No Local', '82 06 0001 0001 61 04', 0x81, /reserved bits/],
  ['SUBSCRIBE with QoS 3', '82 06 0001 0001 61 03', 0x82, /QoS 3/],
  ['SUBSCRIBE without filters', '82 02 0001', 0x82, /no topic filter/],
  ['UNSUBSCRIBE without filters', 'a2 02 0001', 0x82, /no topic filter/],
];

function suite(title: string, receiver: Receiver, version: 4 | 5, cases: Case[], first = false): void {
  describe(title, () => {
    it.each(cases)('%s', (_name, bytes, code, says) => {
      const start = first ? '' : before[receiver][version];
      const all = hex(start + bytes + behind[receiver][version]);
      const options = {
        receiver,
        maximumPacketSize: 4096,
        ...(receiver === 'client' ? { protocolVersion: version } : {}),
      };
      for (const [cut, chunks] of cuttings(all)) {
        const { packets, error, errors, decoder } = decodeAll(options, chunks);
        expect(error, cut).toBeInstanceOf(ProtocolError);
        const { reasonCode, message } = error as ProtocolError; // just checked
        expect({ reasonCode, message }, cut).toEqual({
          reasonCode: code,
          message: expect.stringMatching(says),
        });
        expect(message).toMatch(/^[A-Z'].*\.$/);
        expect(errors, `${cut}: one error, then silence`).toBe(1);
        expect(
          packets.map(({ type }) => type),
          `${cut}: only what came before`,
        ).toEqual(first ? [] : [receiver === 'client' ? 'connack' : 'connect']);
        expect(decoder.bufferedBytes).toBe(0);
      }
    });
  });
}

suite('what a client of MQTT 5 refuses', 'client', 5, toClient5);
suite('what a server refuses from a client of MQTT 5', 'server', 5, toServer5);
suite('what a server refuses as the first packet', 'server', 5, toServerFirst, true);
suite('what a client of MQTT 3.1.1 refuses', 'client', 4, toClient4);
suite('what a server refuses from a client of MQTT 3.1.1', 'server', 4, toServer4);
