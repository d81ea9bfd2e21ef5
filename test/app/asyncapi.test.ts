import {
  type App,
  type AppOptions,
  BootError,
  Controller,
  createApp,
  defineTopic,
  type Message,
  Topic,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { app as first } from '../../examples/first/app.js';
import { app as ingest } from '../../examples/sensor-ingest/app.js';
import { DrawerController, LaundryController } from '../../examples/socks/controllers.js';
import { documentation } from '../../src/app/lifecycle/documentation.js';
import { TopicPrefix } from '../../src/app/routes/topic-prefix.js';
import { type LogEntry, recordingLogger } from '../../src/testing/recording-logger.js';
import { complaintsOf } from '../asyncapi/official-parser.js';

const connection = { url: 'mqtt://localhost', clientId: 'app' };
const alarm = defineTopic('alarms/+lamp', { payload: z.object({ watts: z.number() }), retain: true });
const switched = defineTopic('+site/lamps/+lamp', {
  payload: z.object({ on: z.boolean() }),
  reply: z.object({ watts: z.number() }),
});

@Controller({ tags: ['lamps'], share: 'lamps' })
class LampController {
  @Topic(switched, { summary: 'Switches a lamp.', qos: 2 })
  onSwitch({ payload }: Message<typeof switched>): { watts: number } {
    return { watts: payload.on ? 5 : 0 };
  }

  @Topic('+site/overloads/+lamp', { payload: z.object({ at: z.date() }), sends: [alarm] })
  onOverload({ params }: Message<'+site/overloads/+lamp', { at: Date }>) {
    return alarm.message({ lamp: params.lamp }, { watts: 100 });
  }
}

/** An application that has started on a broker of its own, and the warnings that its document gave rise to. */
async function started(
  options: Partial<AppOptions>,
): Promise<{ app: App; warnings: () => string[] } & AsyncDisposable> {
  const broker = new FakeBroker({ clock: 'real' });
  const { url } = await broker.listen();
  const logs: LogEntry[] = [];
  const app = createApp({
    connection: { ...connection, url, username: 'maria', password: 'secret' },
    logger: recordingLogger(logs, undefined),
    ...options,
  });
  await app.start();
  logs.length = 0;
  app.asyncapi();
  const lines = () => logs.map(({ level, message }) => `${level}: ${message}`);
  return {
    app,
    warnings: () => lines().filter((line) => line.includes('AsyncAPI')),
    async [Symbol.asyncDispose]() {
      await app.stop();
      await broker[Symbol.asyncDispose]();
    },
  };
}

describe('app.asyncapi()', () => {
  it.each([
    ['first', () => first],
    // It looks for controllers as it loads: not while others load that are called the same.
    ['discovery', async () => (await import('../../examples/discovery/app.js')).app],
    ['sensor-ingest', () => ingest],
    ['socks', () => createApp({ connection, controllers: [DrawerController, LaundryController] })],
  ])('makes of examples/%s a document that pleases AsyncAPI`s own parser', async (_name, load) => {
    await using t = await createTestApp(await load());
    const document = t.app.asyncapi();
    expect(Object.keys(document.operations)).toHaveLength(t.app.routes().length);
    expect(await complaintsOf(document)).toEqual([]);
  });

  it('shows handlers, replies, what they return, prefix, narrowed wildcards, the broker, and nothing secret', async () => {
    const options: Partial<AppOptions> = {
      controllers: [LampController],
      info: { title: 'Lamps', version: '2.0.0', description: 'All of them.' },
      prefix: 'house',
      bind: { site: 'ams1' },
    };
    await using test = await started(options);
    const document = test.app.asyncapi();
    expect(document).toMatchObject({
      info: options.info,
      servers: { broker: { host: expect.stringContaining('127.0.0.1:'), protocolVersion: '5.0' } },
      channels: {
        siteLampsLamp: { address: 'house/{site}/lamps/{lamp}', parameters: { site: { enum: ['ams1'] } } },
      },
      operations: {
        'LampController.onSwitch': {
          action: 'receive',
          summary: 'Switches a lamp.',
          tags: [{ name: 'lamps' }],
          bindings: { mqtt: { qos: 2 } },
          'x-share': 'lamps',
          reply: { channel: { $ref: '#/channels/siteLampsLampReply' } },
        },
        'LampController.onOverload.sends.alarmsLamp': {
          action: 'send',
          bindings: { mqtt: { qos: 1, retain: true } },
        },
      },
      components: {
        messages: { errorReply: { headers: { required: ['reply-error', 'reply-error-message'] } } },
      },
    });
    expect(JSON.stringify(document)).not.toMatch(/maria|secret/);
    expect(await complaintsOf(document)).toEqual([]);
  });

  it('logs once what a schema can`t show, and goes on', async () => {
    await using test = await started({ controllers: [LampController] });
    expect(test.warnings()).toEqual([
      'warn: AsyncAPI: The payload of "+site/overloads/+lamp" can\'t be shown in full: "properties.at" is of type date, which JSON Schema lacks.',
    ]);
    const document = test.app.asyncapi();
    expect(test.app.asyncapi()).toBe(document);
    expect(test.warnings()).toHaveLength(1);
  });

  it.each([
    ['nothing', {}, undefined, '5.0'],
    ['a user', { username: 'maria' }, ['userPassword'], '5.0'],
    ['a user who changes', { credentials: async () => ({}) }, ['userPassword'], '5.0'],
    ['a certificate', { tls: { cert: 'a', key: 'b' }, protocol: 4 }, ['certificate'], '3.1.1'],
    [
      'both',
      { username: 'maria', tls: { pfx: 'a' }, protocol: 'auto' },
      ['userPassword', 'certificate'],
      undefined,
    ],
  ] as const)('says that the broker asks for %s, and no more of it', (_what, more, schemes, version) => {
    const url = ['mqtts://one.example', { connect: () => Promise.reject(new Error('nowhere')) }];
    const options = { connection: { ...connection, ...more, url } } as AppOptions;
    const document = documentation({
      options,
      logger: recordingLogger([], undefined),
      prefix: new TopicPrefix(),
      booted: { routes: [] },
    })();
    expect(document.servers).toEqual({
      broker: {
        host: 'one.example:8883',
        protocol: 'mqtts',
        ...(version && { protocolVersion: version }),
        ...(schemes && {
          security: schemes.map((scheme) => ({ $ref: `#/components/securitySchemes/${scheme}` })),
        }),
      },
    });
    expect(JSON.stringify(document)).not.toContain('maria');
  });

  it('shows a will of a contract as something that is sent', async () => {
    const will = alarm.message({ lamp: 'all' }, { watts: 0 });
    await using t = await createTestApp({
      connection: { ...connection, will },
      controllers: [LampController],
    });
    expect(t.app.asyncapi().operations).toMatchObject({
      'sends.alarmsLamp': { action: 'send', bindings: { mqtt: { retain: true } } },
    });
  });

  it('follows app.bind()', async () => {
    await using test = await started({ controllers: [LampController], bind: { site: 'ams1' } });
    const sites = () => {
      const { siteLampsLamp } = test.app.asyncapi().channels;
      return (siteLampsLamp as { parameters: { site: object } }).parameters.site; // it has two parameters
    };
    expect(sites()).toEqual({ enum: ['ams1'] });
    await test.app.bind(switched, { site: ['ams1', 'ams2'] });
    expect(sites()).toEqual({ enum: ['ams1', 'ams2'] });
    await test.app.bind(switched, { site: '+' });
    expect(sites()).toEqual({});
    expect(test.warnings()).toHaveLength(1);
  });

  it('says before the start that it knows nothing yet', () => {
    const app = createApp({ connection, controllers: [LampController] });
    expect(() => app.asyncapi()).toThrow(
      'The handlers are known once the application has started: call app.asyncapi() after app.start().',
    );
  });

  it('is served as /asyncapi.json', async () => {
    await using t = await createTestApp({ connection, controllers: [LampController] });
    const response = await t.app.fetch(new Request('http://host/mounted/asyncapi.json'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/vnd.aai.asyncapi+json;version=3.0.0');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual(t.app.asyncapi());
  });
});

describe('app.routes()', () => {
  it('have the JSON Schema of the payload, where there is one', async () => {
    const app = createApp({ connection, controllers: [LampController] });
    app.on('bytes', () => {});
    await using t = await createTestApp(app);
    expect(t.app.routes().map(({ handler, payload }) => [handler, payload])).toEqual([
      [
        'LampController.onSwitch',
        { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] },
      ],
      ['LampController.onOverload', { type: 'object', properties: { at: {} }, required: ['at'] }],
      ['a function on bytes', undefined],
    ]);
  });
});

describe('what JavaScript may write', () => {
  it.each([
    ['info', { info: 'Lamps' }, 'info is of type string. Write { title, version, description }.'],
    ['info', { info: null }, 'info is null. Write { title, version, description }.'],
    ['info.version', { info: { version: 1 } }, 'info.version is of type number. Write a text.'],
  ])('as %s is a sentence at the start', async (_what, wrong, sentence) => {
    // The types refuse it.
    const options = { connection, controllers: [LampController], ...wrong } as unknown as AppOptions;
    await expect(createApp(options).start()).rejects.toThrow(sentence);
  });

  it('in sends is a sentence at the start', async () => {
    const app = createApp({ connection });
    // The types refuse it.
    app.on('a', () => {}, { name: 'sender', sends: [alarm, 'alarms/+lamp'] as never });
    const error = await app.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BootError);
    expect(String(error)).toContain(
      "sender: sends[1] is 'alarms/+lamp'. Hand over what defineTopic() returned.",
    );
  });
});
