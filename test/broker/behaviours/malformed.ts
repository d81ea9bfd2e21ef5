import { expect } from 'vitest';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour } from './behaviour.js';

type Differs = Behaviour['differs'];

/** Bytes from a connected client on which the broker closes: those of MQTT 5, those of 3.1.1; none where there is no such thing. */
const violations: readonly (readonly [name: string, five: string, four: string, differs?: Differs])[] = [
  ['closes on a packet of type 0', '00 00', '00 00'],
  ['closes on a packet of type 15', '', 'f0 00'],
  ['closes on an AUTH that nobody asked for', 'f0 00', ''],
  ['closes on a CONNACK from a client', '20 03 00 00 00', '20 02 00 00'],
  ['closes on a SUBACK from a client', '90 04 0001 00 00', '90 03 0001 00', { mosquitto: 'ignores it' }],
  ['closes on an UNSUBACK from a client', 'b0 04 0001 00 00', 'b0 02 0001', { mosquitto: 'ignores it' }],
  ['closes on a PINGRESP from a client', 'd0 00', 'd0 00', { mosquitto: 'ignores it' }],
  ['closes on a remaining length of five bytes', '30 ff ff ff ff 01', '30 ff ff ff ff 01'],
  ['closes on a PUBLISH of QoS 3 [MQTT-3.3.1-4]', '36 06 0001 61 0001 00', '36 05 0001 61 0001'],
  [
    'closes on a PUBLISH with DUP at QoS 0 [MQTT-3.3.1-2]',
    '38 04 0001 61 00',
    '38 03 0001 61',
    { mosquitto: 'takes it', aedes: 'takes it' },
  ],
  [
    'closes on a PUBLISH without its identifier',
    '32 03 0001 61',
    '32 03 0001 61',
    { aedes: 'takes bytes from behind the packet for it' },
  ],
  [
    'closes on a PUBLISH with the identifier 0',
    '32 06 0001 61 0000 00',
    '32 05 0001 61 0000',
    { aedes: 'answers with the identifier 0' },
  ],
  ['closes on a PUBLISH to # [MQTT-3.3.2-2] [MQTT-4.7.0-1]', '30 04 0001 23 00', '30 03 0001 23'],
  ['closes on a PUBLISH to a/+ [MQTT-3.3.2-2] [MQTT-4.7.0-1]', '30 06 0003 612f2b 00', '30 05 0003 612f2b'],
  ['closes on a PUBLISH to a topic without a character [MQTT-4.7.3-1]', '30 03 0000 00', '30 02 0000'],
  [
    'closes on a PUBLISH to a topic with U+0000 [MQTT-1.5.4-2] [MQTT-4.7.3-2]',
    '30 06 0003 610062 00',
    '30 05 0003 610062',
    { aedes: 'takes it' },
  ],
  [
    'closes on a PUBLISH to a topic that is no UTF-8 [MQTT-1.5.4-1] [MQTT-3.3.2-1]',
    '30 05 0002 c328 00',
    '30 04 0002 c328',
    { aedes: 'takes it' },
  ],
  [
    'closes on a PUBLISH to a topic with a surrogate [MQTT-1.5.4-1]',
    '30 06 0003 eda080 00',
    '30 05 0003 eda080',
    { aedes: 'takes it' },
  ],
  ['closes on a PUBLISH that ends within its topic', '30 04 0009 6161', '30 04 0009 6161'],
  ['closes on a PUBREL with the wrong flags [MQTT-2.1.3-1] [MQTT-3.6.1-1]', '60 02 0001', '60 02 0001'],
  ['closes on a PUBACK with flags [MQTT-2.1.3-1]', '41 02 0001', '41 02 0001', { mosquitto: 'takes it' }],
  ['closes on a PINGREQ with flags [MQTT-2.1.3-1]', 'c1 00', 'c1 00', { mosquitto: 'takes it' }],
  [
    'closes on a PINGREQ with a body',
    'c0 01 00',
    'c0 01 00',
    { mosquitto: 'answers it', aedes: 'answers it' },
  ],
  [
    'closes on a SUBSCRIBE with the wrong flags [MQTT-3.8.1-1]',
    '80 07 0001 00 0001 61 00',
    '80 06 0001 0001 61 00',
  ],
  ['closes on a SUBSCRIBE without a filter', '82 03 0001 00', '82 02 0001'],
  [
    'closes on a SUBSCRIBE with the identifier 0',
    '82 07 0000 00 0001 61 00',
    '82 06 0000 0001 61 00',
    { aedes: 'answers with the identifier 0' },
  ],
  ['closes on a SUBSCRIBE of QoS 3', '82 07 0001 00 0001 61 03', '82 06 0001 0001 61 03'],
  [
    'closes on a SUBSCRIBE with a reserved option [MQTT-3.8.3-5]',
    '82 07 0001 00 0001 61 40',
    '82 06 0001 0001 61 04',
  ],
  [
    'closes on a SUBSCRIBE with the other reserved option [MQTT-3.8.3-5]',
    '82 07 0001 00 0001 61 80',
    '82 06 0001 0001 61 80',
  ],
  ['closes on a SUBSCRIBE with retain handling 3', '82 07 0001 00 0001 61 30', ''],
  [
    'closes on a SUBSCRIBE with a filter that is no UTF-8',
    '82 08 0001 00 0002 c328 00',
    '82 07 0001 0002 c328 00',
    { aedes: 'grants it' },
  ],
  [
    'closes on No Local for a shared subscription [MQTT-3.8.3-4]',
    '82 10 0001 00 000a 2473686172652f672f61 04',
    '',
    { mosquitto: 'grants it' },
  ],
  ['closes on the subscription identifier 0', '82 09 0001 02 0b00 0001 61 00', ''],
  ['closes on two subscription identifiers in one SUBSCRIBE', '82 0b 0001 04 0b01 0b02 0001 61 00', ''],
  [
    'closes on an UNSUBSCRIBE with the wrong flags [MQTT-3.10.1-1]',
    'a0 06 0001 00 0001 61',
    'a0 05 0001 0001 61',
  ],
  ['closes on an UNSUBSCRIBE without a filter', 'a2 03 0001 00', 'a2 02 0001', { aedes: 'answers it' }],
  ['closes on a DISCONNECT with flags [MQTT-3.14.1-1]', 'e1 00', 'e1 00'],
  ['closes on a DISCONNECT with a reason code that it does not have [MQTT-3.14.2-1]', 'e0 02 01 00', ''],
  [
    'closes on a PUBACK with a reason code that it does not have [MQTT-3.4.2-1]',
    '40 04 0001 01 00',
    '',
    { mosquitto: 'takes it' },
  ],
  [
    'closes on a PUBREC with a reason code that it does not have [MQTT-3.5.2-1]',
    '50 04 0001 01 00',
    '',
    { mosquitto: 'takes it' },
  ],
  [
    'closes on a PUBREL with a reason code that it does not have [MQTT-3.6.2-1]',
    '62 04 0001 80 00',
    '',
    { mosquitto: 'takes it' },
  ],
  [
    'closes on a PUBCOMP with a reason code that it does not have [MQTT-3.7.2-1]',
    '70 04 0001 80 00',
    '',
    { mosquitto: 'takes it' },
  ],
  ['closes on the topic alias 0 [MQTT-3.3.2-8]', '30 07 0001 61 03 230000', ''],
  [
    'closes on a response topic with a wildcard [MQTT-3.3.2-14]',
    '30 08 0001 61 04 0800012b',
    '',
    { mosquitto: 'passes it on' },
  ],
  ['closes on a response topic that is no UTF-8 [MQTT-3.3.2-13]', '30 09 0001 61 05 080002c328', ''],
  ['closes on a content type that is no UTF-8 [MQTT-3.3.2-19]', '30 09 0001 61 05 030002c328', ''],
  ['closes on a user property that is no UTF-8 [MQTT-1.5.7-1]', '30 0c 0001 61 08 260001610002c328', ''],
  ['closes on a payload format indicator of 2', '30 06 0001 61 02 0102', '', { mosquitto: 'passes it on' }],
  ['closes on a content type that comes twice', '30 0c 0001 61 08 03000161 03000161', ''],
  [
    'closes on a subscription identifier in a PUBLISH of a client',
    '30 06 0001 61 02 0b01',
    '',
    { mosquitto: 'takes it' },
  ],
  ['closes on a property that belongs to another packet', '30 07 0001 61 03 210001', ''],
  ['closes on properties that end behind the packet', '30 05 0001 61 09 01', ''],
  ['closes on a property length that is not as short as it can be [MQTT-1.5.5-1]', '30 05 0001 61 8000', ''],
];

export const malformed: readonly Behaviour[] = violations.map(
  ([name, five, four, differs]): Behaviour => ({
    name,
    versions: [...(five ? ([5] as const) : []), ...(four ? ([4] as const) : [])],
    ...(differs && { differs }),
    run: async (world) => {
      const client = await world.client('wrong');
      client.write(hex(world.version === 5 ? five : four));
      const farewell = await client.farewell();
      // mosquitto says goodbye in few of these cases; who does says so with an error.
      for (const packet of farewell) {
        expect(packet.type).toBe('disconnect');
        expect(packet).toHaveProperty(
          'reasonCode',
          expect.toSatisfy((code: number) => code >= 0x80),
        );
      }
    },
  }),
);
