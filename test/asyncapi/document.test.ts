import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncapiDocument, type Receiving } from '../../src/asyncapi/index.js';
import { defineTopic } from '../../src/contracts/index.js';
import { handling, receiving } from './describing.js';
import { everything } from './everything.js';

const switched = defineTopic('lamps/+lamp/switch', {
  title: 'Switches a lamp',
  payload: z.object({ on: z.boolean() }),
  reply: z.object({ watts: z.number() }),
  examples: [{ on: true }],
});

/** The parts that tests look into; everything else of the document is JSON. */
interface Read {
  readonly channels: Record<
    string,
    {
      address: string | null;
      parameters?: Record<string, object>;
      messages: Record<string, unknown>;
      'x-filter': string;
    }
  >;
  readonly operations: Record<
    string,
    { action: string; bindings: { mqtt: object }; messages: object[]; tags: object }
  >;
  readonly components: {
    messages: Record<string, { payload: object; examples?: object[]; contentType?: string }>;
    schemas: Record<string, object>;
    securitySchemes: object;
  };
  readonly servers: Record<string, object>;
}

function read(description: Parameters<typeof asyncapiDocument>[0]): Read & { findings: readonly string[] } {
  const { document, findings } = asyncapiDocument(description);
  return { ...(document as unknown as Read), findings };
}

describe('the document', () => {
  it('of a small application', async () => {
    const { document, findings } = asyncapiDocument({
      info: { title: 'Lamps', version: '1.0.0' },
      servers: [{ url: 'mqtt://broker', protocolVersion: '5.0' }],
      errorReply: { 'reply-error': 'A code.' },
      receives: [receiving(switched, { name: 'LampController.onSwitch', share: 'lamps', tags: ['lamps'] })],
    });
    expect(findings).toEqual([]);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('lamps.asyncapi.json.txt');
  });

  it('is the same whatever the order of the handlers', () => {
    const { receives, sends = [] } = everything;
    // Handlers of one name keep their order: their number is all that tells them apart.
    const reversed = { ...everything, receives: [...receives].reverse(), sends: [...sends].reverse() };
    const named = (operations: object) => Object.keys(operations).filter((key) => !key.startsWith('plant'));
    const one = read(everything);
    const other = read(reversed);
    expect(JSON.stringify(other.channels)).toBe(JSON.stringify(one.channels));
    expect(JSON.stringify(other.components)).toBe(JSON.stringify(one.components));
    expect(named(other.operations)).toEqual(named(one.operations));
  });

  it('has no secret of the connection', () => {
    const { servers } = read(everything);
    expect(JSON.stringify(servers)).not.toMatch(/maria|secret|signature/);
    expect(servers).toEqual({
      broker: {
        host: 'broker.example:8883',
        protocol: 'mqtts',
        protocolVersion: '5.0',
        security: [{ $ref: '#/components/securitySchemes/userPassword' }],
      },
      broker2: {
        host: 'broker.example:8443',
        pathname: '/mqtt',
        protocol: 'wss',
        security: [{ $ref: '#/components/securitySchemes/certificate' }],
      },
      broker3: {
        host: 'localhost',
        pathname: '/run/mosquitto.sock',
        protocol: 'mqtt+unix',
        protocolVersion: '3.1.1',
        security: [{ $ref: '#/components/securitySchemes/userPassword' }],
      },
      broker4: { host: '[::1]:80', protocol: 'ws' },
    });
  });

  it('names an address that is no URL, without showing it', () => {
    const { findings } = read({ servers: [{ url: 'maria:secret@' }, { url: '' }], receives: [] });
    expect(findings).toEqual([
      'An address of the connection is no URL: its server is left out of the AsyncAPI document.',
    ]);
  });
});

describe('a channel', () => {
  it.each([
    ['socks/+drawer/status', 'socks/{drawer}/status', 'socks/+/status', ['drawer']],
    ['logs/#path', 'logs/{path}', 'logs/#', ['path']],
    ['+/+level1/#', '{level12}/{level1}/{rest}', '+/+/#', ['level12', 'level1', 'rest']],
    ['a/{b}/+', 'a/{level2}/{level3}', 'a/{b}/+', ['level2', 'level3']],
    ['plain', 'plain', 'plain', []],
  ] as const)('of %s has the address %s', (pattern, address, filter, names) => {
    const channels = Object.values(read(handling(defineTopic<string>(pattern))).channels);
    expect(channels).toHaveLength(1);
    expect(channels[0]).toMatchObject({ address, 'x-filter': filter });
    expect(Object.keys(channels[0]?.parameters ?? {})).toEqual(names);
  });

  it('has the prefix of the application in its address but not in its name, and none under $', () => {
    const { channels } = read({ ...handling(defineTopic('a/+b'), defineTopic('$SYS/c')), prefix: 'site/' });
    expect(Object.entries(channels).map(([key, { address }]) => [key, address])).toEqual([
      ['SYSC', '$SYS/c'],
      ['aB', 'site/a/{b}'],
    ]);
  });

  it('shows of a parameter what AsyncAPI has a word for, and the rest beside it', () => {
    const topic = defineTopic('+choice/+number/+only/+plain/#rest', {
      params: {
        choice: z
          .enum(['a', 'b'])
          .default('b')
          .describe('One of two.')
          .meta({ examples: ['a'] }),
        number: z.coerce.number().int().min(0),
        only: z.literal('x'),
        rest: z.string().describe('A path.'),
      },
    });
    expect(Object.values(read(handling(topic)).channels)[0]?.parameters).toEqual({
      choice: { description: 'One of two.', enum: ['a', 'b'], default: 'b', examples: ['a'] },
      number: { 'x-schema': { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } },
      only: { enum: ['x'] },
      plain: {},
      rest: {
        description: 'A path. All levels that are left, with the slashes between them; there may be none.',
      },
    });
  });

  it('has the values to which all its handlers narrow a parameter, and none if one of them does not', () => {
    const topic = defineTopic('in/+site/+lamp');
    const bound = (...sites: string[]) => receiving(topic, { bound: { site: sites } });
    const out = defineTopic('out/+site');
    const parameters = (...receives: Receiving[]) => {
      const { channels } = read({ receives, sends: [out] });
      expect(channels['outSite']?.parameters).toEqual({ site: {} });
      return channels['inSiteLamp']?.parameters;
    };
    expect(parameters(bound('a', 'b'), bound('b', 'c'))).toEqual({
      site: { enum: ['a', 'b', 'c'] },
      lamp: {},
    });
    expect(parameters(bound('a'), receiving(topic))).toEqual({ site: {}, lamp: {} });
  });

  it('is shared by contracts of one address; those that say the same have one message', () => {
    const number = () => defineTopic('a/+b', { payload: z.number() });
    const { channels, operations } = read(handling(number(), number(), defineTopic('a/+b')));
    expect(Object.keys(channels)).toEqual(['aB']);
    expect(Object.keys(channels['aB']?.messages ?? {})).toEqual(['aB', 'aB2']);
    const messages = Object.values(operations).map((operation) => operation.messages);
    expect(messages[0]).toEqual(messages[1]);
    expect(messages[0]).not.toEqual(messages[2]);
  });
});

describe('a message', () => {
  it.each([
    ['json', 'application/json', {}],
    ['text', 'text/plain', { type: 'string' }],
    ['bytes', 'application/octet-stream', { type: 'string', format: 'binary' }],
  ] as const)('without a schema, as %s', (codec, contentType, payload) => {
    const { components } = read(handling(defineTopic('t', { codec })));
    expect(components.messages['t']).toEqual({ name: 't', contentType, payload });
  });

  it('shows examples as they are on the wire', () => {
    const payload = z.object({ at: z.coerce.date(), n: z.string().transform(Number) });
    const { components, findings } = read(
      handling(defineTopic('t', { payload, examples: [{ at: new Date(0), n: '7' }] })),
    );
    expect(components.messages['t']?.examples).toEqual([
      { payload: { at: '1970-01-01T00:00:00.000Z', n: '7' } },
    ]);
    expect(findings).toEqual([]);
  });

  it('leaves out examples that are none, and names them', () => {
    const payload = z.object({ n: z.number() });
    const wrong = { n: 'seven' } as unknown as { n: number }; // what JavaScript may hand over
    const { components, findings } = read(
      handling(defineTopic('t/+id', { payload, examples: [{ n: 1 }, wrong] })),
    );
    expect(components.messages['tId']?.examples).toEqual([{ payload: { n: 1 } }]);
    expect(findings).toEqual([expect.stringMatching(/^Example 2 of "t\/\+id" is none: .*n.*left out/)]);
  });

  it('takes an example of an asynchronous schema on trust', () => {
    const payload = z.number().refine(async (n) => n < 5);
    const { components } = read(handling(defineTopic('t', { payload, examples: [7] })));
    expect(components.messages['t']?.examples).toEqual([{ payload: 7 }]);
  });

  it('says in the document and among the findings what of its schemas has no JSON Schema', () => {
    const topic = defineTopic('t/+id', {
      payload: z.object({ at: z.date() }),
      reply: z.map(z.string(), z.string()),
      params: { id: z.string().pipe(z.custom<string>(() => true)) },
    });
    const { components, findings } = read(handling(topic));
    const sentence =
      'The payload of "t/+id" can\'t be shown in full: "properties.at" is of type date, which JSON Schema lacks.';
    expect(components.messages['tId']).toMatchObject({ 'x-note': sentence });
    expect(findings).toEqual([
      sentence,
      'The reply of "t/+id" can\'t be shown in full: it is of type map, which JSON Schema lacks.',
    ]);
  });
});

describe('schemas', () => {
  const User = z.object({ name: z.string() }).meta({ id: 'Person' });

  it('of one name that say the same are one; of one name that don`t are two', () => {
    // In a registry of zod's own an id stands once; two libraries know nothing of each other.
    const foreign = (properties: object) => ({
      '~standard': {
        version: 1 as const,
        vendor: 'foreign',
        validate: (value: unknown) => ({ value }),
        jsonSchema: {
          input: () => ({ items: { $ref: '#/$defs/Person' }, $defs: { Person: { properties } } }),
        },
      },
    });
    const { components } = read(
      handling(
        defineTopic('a', { payload: User }),
        defineTopic('b', { payload: z.object({ by: User, with: z.array(User) }) }),
        defineTopic('c', { payload: foreign({ age: { default: { $ref: '#/kept' } } }) }),
      ),
    );
    expect(components.messages['a']?.payload).toEqual({ $ref: '#/components/schemas/Person' });
    expect(components.schemas).toEqual({
      Person: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      Person2: { properties: { age: { default: { $ref: '#/kept' } } } },
      bPayload: {
        type: 'object',
        properties: {
          by: { $ref: '#/components/schemas/Person' },
          with: { type: 'array', items: { $ref: '#/components/schemas/Person' } },
        },
        required: ['by', 'with'],
      },
      cPayload: { items: { $ref: '#/components/schemas/Person2' } },
    });
  });

  it('that contain themselves refer to themselves', () => {
    const List = z.object({
      get next() {
        return List.optional();
      },
    });
    const { components } = read(handling(defineTopic('list', { payload: List })));
    expect(components.schemas['listPayload']).toMatchObject({
      properties: { next: { $ref: '#/components/schemas/listPayload' } },
    });
  });
});

describe('an operation', () => {
  it('is what a handler receives, with QoS, share, tags and summary', () => {
    const { operations } = read(everything);
    expect(operations['Ingest.onReading']).toMatchObject({
      action: 'receive',
      summary: 'Stores it.',
      tags: [{ name: 'ingest' }, { name: 'devices' }],
      bindings: { mqtt: { qos: 1, retain: true, messageExpiryInterval: 60, bindingVersion: '0.2.0' } },
      'x-share': 'workers',
    });
  });

  it('is what it returns, and what the application sends, each once', () => {
    const { operations } = read(everything);
    const sends = Object.entries(operations).filter(([, { action }]) => action === 'send');
    expect(sends.map(([key]) => key)).toEqual([
      'Ingest.onReading.sends.alarmsSite',
      'sends.alarmsSite',
      'sends.questionsWho',
    ]);
  });

  it('has a key that AsyncAPI takes, and its own name beside it', () => {
    const { operations } = read(everything);
    expect(operations['Ingest.onReading_on_sensors_deviceId_reading']).toMatchObject({
      title: 'Ingest.onReading on sensors/+deviceId/reading',
    });
    expect(operations['handler']).toMatchObject({ title: '***' });
    expect(Object.keys(operations).filter((key) => key.startsWith('plant'))).toEqual(['plant', 'plant2']);
  });

  it('with a reply says where the reply goes and what is in it', () => {
    const { operations, channels } = read(everything);
    expect(operations['Remote.onCommand']).toMatchObject({
      reply: {
        address: { location: '$message.header#/responseTopic' },
        channel: { $ref: '#/channels/siteCommandsLevel3Reply' },
        messages: [
          { $ref: '#/channels/siteCommandsLevel3Reply/messages/siteCommandsLevel3Reply' },
          { $ref: '#/channels/siteCommandsLevel3Reply/messages/errorReply' },
        ],
      },
    });
    expect(channels['siteCommandsLevel3Reply']?.address).toBeNull();
  });
});
