import { type OptionValues, oneOf, value } from '../command.js';

/** Where the broker is and who calls, the same for every command that connects. The password is no option: other users see the words of a process. */
export const connectionOptions = {
  url: value({
    shown: '<url>',
    summary: 'the address of the broker (default: MQTT_URL, else mqtt://localhost)',
    takes: 'an address, such as mqtt://localhost:1883',
    read: (text) => text || undefined,
  }),
  username: value({
    shown: '<name>',
    summary: 'who you are (default: MQTT_USERNAME); the password comes from MQTT_PASSWORD',
    takes: 'a name',
    read: (text) => text || undefined,
  }),
  'client-id': value({
    shown: '<name>',
    summary: 'the name of the connection; a running client of that name is disconnected',
    takes: 'the name of a client',
    read: (text) => text || undefined,
  }),
  protocol: oneOf(['4', '5'], {
    shown: '<number>',
    summary: '5 is MQTT 5.0, 4 is MQTT 3.1.1 (default: 5, or 4 where the broker knows no other)',
  }),
  ca: value({
    shown: '<file>',
    summary: 'the certificate of the authority to trust, in PEM, for mqtts:// and wss://',
    takes: 'a file',
    read: (text) => text || undefined,
  }),
  cert: value({
    shown: '<file>',
    summary: 'the certificate of this client, in PEM',
    takes: 'a file',
    read: (text) => text || undefined,
  }),
  key: value({
    shown: '<file>',
    summary: 'the key to that certificate, in PEM',
    takes: 'a file',
    read: (text) => text || undefined,
  }),
};

export type ConnectionGiven = OptionValues<typeof connectionOptions>;
