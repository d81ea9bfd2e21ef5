// How an application comes and goes, run against every broker: rules 14 to 16 of the framework's semantics.
import { createApp, SubscriptionsRefusedError } from 'topicwise';
import { type Client, connect } from 'topicwise/client';
import { createTestApp, type FakeBroker, type TestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import type { HandlerOptions } from '../../../src/app/decorators/handler-options.js';
import type { ConnectionOptions } from '../../../src/app/lifecycle/app.js';

type Broker = FakeBroker | string;

export interface LifeCycleUnderTest {
  readonly protocol: 4 | 5;
  /** The address of a real broker, or a fake one for one test. Ask inside a test. */
  broker(): Broker;
  /** One that refuses subscriptions below `secret/`; undefined where there is none. */
  refusing: (() => Broker) | undefined;
  /** One without QoS 2. */
  limited(): Broker;
  /** The packets of these types that clients of this name sent, in order, up to their last DISCONNECT. */
  sent(broker: Broker, clientId: string): Promise<readonly ('SUBSCRIBE' | 'UNSUBSCRIBE' | 'DISCONNECT')[]>;
}

let applications = 0;

/** Defines the tests inside the `describe` that calls it. */
export function defineLifeCycleSuite(under: LifeCycleUnderTest): void {
  const { protocol } = under;
  const nextClientId = () => `life-${protocol}-${process.pid}-${applications++}`;

  const device = (broker: Broker, clientId?: string): Promise<Client> =>
    connect(typeof broker === 'string' ? broker : broker.endpoint, {
      protocol,
      ...(clientId !== undefined && { clientId }),
      ...(typeof broker !== 'string' && { clock: broker.clock }),
    });

  /** One route for all that is below the client's name; what it got is in `texts`. */
  async function started(
    broker: Broker,
    clientId: string,
    { route = {}, session = {} }: { route?: HandlerOptions; session?: Partial<ConnectionOptions> } = {},
  ) {
    const texts: string[] = [];
    const waiting = new Map<string, () => void>();
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId, protocol, ...session },
    });
    app.on(
      `${clientId}/#`,
      async (message) => {
        const text = message.text();
        texts.push(text);
        waiting.get(text)?.();
      },
      { name: 'all', ...route },
    );
    const t = await createTestApp(app, { broker });
    /** Resolves once this text was handled. */
    const handled = (text: string) =>
      new Promise<void>((resolve) => {
        if (texts.includes(text)) resolve();
        else waiting.set(text, resolve);
      });
    return { t, texts, handled };
  }

  /** Everything that was on its way to the application is there. */
  async function fence(
    device: Client,
    clientId: string,
    { handled }: { handled(text: string): Promise<void> },
  ) {
    await device.publish(`${clientId}/fence`, 'fence', { qos: 1 });
    await handled('fence');
  }

  it.skipIf(!under.refusing)(
    'rule 14: refused subscriptions are one error, a table of filter, code, route and source line, and nothing stays behind',
    async () => {
      const broker = under.refusing?.() ?? ''; // the test is skipped where there is none
      const clientId = nextClientId();
      const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId, protocol } });
      app.on('open/+id', () => {}, { name: 'onOpen' });
      app.on('secret/+id', () => {}, { name: 'onSecret' });
      app.on('secret/#', () => {}, { name: 'onAnySecret' });
      const error: unknown = await createTestApp(app, { broker }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(SubscriptionsRefusedError);
      const reasonCode = protocol === 5 ? 0x87 : 0x80;
      // Without subscription identifiers the wider filter serves both.
      const refused = [
        { filter: 'secret/+', reasonCode, handlers: ['onSecret'] },
        { filter: 'secret/#', reasonCode, handlers: ['onAnySecret'] },
      ].slice(protocol === 5 ? 0 : 1);
      expect(error).toMatchObject({ refused });
      for (const { filter, handlers } of refused)
        expect(String(error)).toMatch(
          new RegExp(
            `^ +${filter.replace('+', '\\+')} +0x8\\d .* ${handlers[0]} +\\S+/life-cycle-suite\\.ts:\\d+$`,
            'm',
          ),
        );
      // The session that began has ended with the start, or the next one would find it.
      expect((await under.sent(broker, clientId)).at(-1)).toBe('DISCONNECT');
    },
  );

  it.skipIf(protocol === 4)(
    'rule 14: what the broker can do is checked before anything is asked of it',
    async () => {
      const broker = under.limited();
      const clientId = nextClientId();
      const failed = started(broker, clientId, { route: { qos: 2 } });
      await expect(failed).rejects.toMatchObject({
        name: 'BootError',
        findings: ["all asks for QoS 2; the broker's maximum is 1."],
      });
      expect(await under.sent(broker, clientId)).toEqual(['DISCONNECT']);
    },
  );

  it('rule 14: a message that is published when start() has resolved is handled', async () => {
    const broker = under.broker();
    const clientId = nextClientId();
    await using sender = await device(broker);
    const { t, handled } = await started(broker, clientId);
    await using _ = t;
    await sender.publish(`${clientId}/now`, 'now', { qos: 1 });
    await handled('now');
  });

  it('rule 15: a session that outlives the connection keeps its subscriptions, and what was published meanwhile comes after the next start', async () => {
    const broker = under.broker();
    const clientId = nextClientId();
    await using sender = await device(broker);
    const first = await started(broker, clientId);
    await sender.publish(`${clientId}/before`, 'before', { qos: 1 });
    await first.handled('before');
    expect(await first.t.app.stop()).toMatchObject({ abandoned: 0 });
    await first.t[Symbol.asyncDispose]();
    expect(await under.sent(broker, clientId)).toEqual(['SUBSCRIBE', 'DISCONNECT']);

    for (const text of ['one', 'two']) await sender.publish(`${clientId}/meanwhile`, text, { qos: 1 });
    const second = await started(broker, clientId);
    await using _ = second.t;
    await fence(sender, clientId, second);
    // What the first one had handled was acknowledged before it left.
    expect(second.texts).toEqual(['one', 'two', 'fence']);
  });

  it('rule 15: a session that ends with the connection is unsubscribed before the goodbye', async () => {
    const broker = under.broker();
    const clientId = nextClientId();
    await using sender = await device(broker);
    const options = { session: protocol === 5 ? { sessionExpiryInterval: 0 } : { cleanStart: true } };
    const first = await started(broker, clientId, options);
    await first.t.app.stop();
    await first.t[Symbol.asyncDispose]();
    expect(await under.sent(broker, clientId)).toEqual(['SUBSCRIBE', 'UNSUBSCRIBE', 'DISCONNECT']);

    await sender.publish(`${clientId}/meanwhile`, 'meanwhile', { qos: 1 });
    const second = await started(broker, clientId, options);
    await using _ = second.t;
    await fence(sender, clientId, second);
    expect(second.texts).toEqual(['fence']);
  });

  it('rule 15: a handler that runs is waited for, and its message does not come again', async () => {
    const broker = under.broker();
    const clientId = nextClientId();
    await using sender = await device(broker);
    let open = () => {};
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId, protocol } });
    app.on(`${clientId}/#`, () => {
      begin();
      return passed;
    });
    {
      await using t: TestApp = await createTestApp(app, { broker });
      await sender.publish(`${clientId}/slow`, 'slow', { qos: 1 });
      await begun;
      const stopped = t.app.stop();
      open();
      expect(await stopped).toMatchObject({ finished: 1, abandoned: 0 });
    }
    const second = await started(broker, clientId);
    await using _ = second.t;
    await fence(sender, clientId, second);
    expect(second.texts).toEqual(['fence']);
  });

  it('rule 16: routes that a resumed session does not have are subscribed', async () => {
    const broker = under.broker();
    const clientId = nextClientId();
    await using sender = await device(broker);
    {
      // An older deployment, with a route of its own.
      await using old = await device(broker, clientId);
      await old.subscribe('old/route');
    }
    const { t, handled } = await started(broker, clientId);
    await using _ = t;
    expect(t.logs).toContainEqual(
      expect.objectContaining({
        message: 'Subscribed.',
        facts: expect.objectContaining({ sessionPresent: true }),
      }),
    );
    await sender.publish(`${clientId}/new`, 'new', { qos: 1 });
    await handled('new');
  });

  it.each<[NonNullable<HandlerOptions['retained']>, readonly string[], readonly string[]]>(
    protocol === 5
      ? [
          ['send', ['retained', 'fence'], ['retained', 'fence']],
          ['send-if-new', ['retained', 'fence'], ['fence']],
          ['never', ['fence'], ['fence']],
        ]
      : [['send', ['retained', 'fence'], ['retained', 'fence']]],
  )(
    'rule 16: with retained: %s the first start brings %j, and one that finds its session %j',
    async (retained, first, second) => {
      const broker = under.broker();
      const clientId = nextClientId();
      await using sender = await device(broker);
      await sender.publish(`${clientId}/state`, 'retained', { qos: 1, retain: true });
      for (const expected of [first, second]) {
        const application = await started(broker, clientId, { route: { retained } });
        await using _ = application.t;
        await fence(sender, clientId, application);
        expect(application.texts).toEqual(expected);
      }
    },
  );
}
