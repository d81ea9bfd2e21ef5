// One application with each feature that a document shows.
import { decode, encode } from '@msgpack/msgpack';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import type { Description } from '../../src/asyncapi/index.js';
import { type Codec, defineTopic } from '../../src/contracts/index.js';
import { receiving } from './describing.js';

const messagePack: Codec = { name: 'MessagePack', contentTypes: ['application/msgpack'], encode, decode };

const User = z.object({ name: z.string() }).meta({ id: 'User' });
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});

const reading = defineTopic('sensors/+deviceId/reading', {
  title: 'A reading',
  description: 'What a sensor measures, once a minute.',
  payload: z.object({
    celsius: z.number().describe('At the sensor.'),
    at: z.coerce.date(),
    by: User.optional(),
    unit: z.enum(['C', 'F']).default('C'),
    place: z.tuple([z.number(), z.number()]),
    note: z.string().nullable(),
  }),
  params: { deviceId: z.uuid().describe('Burnt into the device.') },
  examples: [{ celsius: 20.5, at: new Date(0), unit: 'C', place: [1, 2], note: null }],
  qos: 2,
  retain: true,
  messageExpiryInterval: 60,
});
const alarm = defineTopic('alarms/+site', {
  payload: type({ level: "'low'|'high'" }),
  deprecated: 'use alerts/#',
});
const command = defineTopic('+site/commands/+', {
  payload: Tree,
  reply: z.object({ tree: Tree, by: User }),
});
const question = defineTopic('questions/+who', {
  payload: User,
  reply: toStandardJsonSchema(v.object({ answer: v.number() })),
  params: {
    who: z
      .enum(['a', 'b'])
      .default('a')
      .meta({ examples: ['b'] }),
  },
});

export const everything: Description = {
  info: { title: 'Everything', version: '1.2.3', description: 'Each feature once.' },
  servers: [
    { url: 'mqtts://maria:secret@broker.example/', protocolVersion: '5.0' },
    { url: 'wss://broker.example:8443/mqtt?signature=secret', hasCertificate: true },
    { url: 'mqtt+unix:///run/mosquitto.sock', protocolVersion: '3.1.1', hasUser: true },
    { url: 'ws://[::1]/' },
  ],
  prefix: 'site-{a}/',
  errorReply: { 'reply-error': 'For programs.', 'reply-error-message': 'For people.' },
  receives: [
    receiving(reading, {
      name: 'Ingest.onReading',
      qos: 1,
      share: 'workers',
      summary: 'Stores it.',
      tags: ['ingest', 'ingest', 'devices'],
      sends: [alarm, alarm],
    }),
    receiving(reading, { name: 'Ingest.onReading on sensors/+deviceId/reading' }),
    receiving(command, { name: 'Remote.onCommand', bound: { site: ['ams1', 'ams2'] } }),
    receiving(defineTopic('logs/#path', { codec: 'text', examples: ['started'] }), { name: 'log' }),
    receiving(defineTopic('raw/+/#', { examples: [Uint8Array.of(255, 0), 'text'] }), { name: 'raw' }),
    receiving(defineTopic('$SYS/#', { codec: 'json' }), { name: 'system' }),
    receiving(
      defineTopic('a/{level2}/x{}/+level2', {
        codec: [messagePack, 'json'],
        payload: v.number(),
        deprecated: true,
      }),
      { name: '***' },
    ),
    receiving(defineTopic('tree', { payload: Tree }), { name: 'plant' }),
    receiving(defineTopic('tree', { payload: User, title: 'Not a tree' }), { name: 'plant' }),
    receiving(defineTopic('#'), { name: 'all' }),
  ],
  sends: [question, alarm, question],
};
