import { decode, encode } from '@msgpack/msgpack';
import { type Codec, type ConnectionOptions, createApp, defineTopic } from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const messagePack: Codec = { name: 'MessagePack', contentTypes: ['application/msgpack'], encode, decode };
const status = defineTopic('gateways/+id/status', {
  payload: z.object({ on: z.boolean(), since: z.number().min(0).default(0) }),
  codec: messagePack,
  retain: true,
  qos: 2,
  messageExpiryInterval: 600,
});
const note = defineTopic('notes', { codec: 'text' });
const gone = status.message({ id: 7 }, { on: false });

async function started(connection: Partial<ConnectionOptions>): Promise<TestApp> {
  const app = createApp({
    connection: { url: 'mqtt://nowhere.invalid', clientId: 'gateway', ...connection },
  });
  app.on('nothing/comes/here', () => {});
  return createTestApp(app);
}

/** The connection breaks without a word. */
async function cut(t: TestApp): Promise<void> {
  t.broker.faults.disconnect({ cmd: 'publish', from: 'client', topic: 'notes', nth: 1 });
  const published = t.app.publisher.publish(note.to(), 'x').catch(() => {});
  await t.settled();
  await published;
}

const wills = (t: TestApp) => t.broker.published.filter(({ topic }) => topic !== 'notes');

describe('a will of a contract', () => {
  it('is what a publish of the same message would be', async () => {
    await using t = await started({ will: gone });
    await cut(t);
    const [will] = wills(t);
    await t.app.publisher.publish(gone.target, gone.payload);
    expect(will).toMatchObject({
      topic: 'gateways/7/status',
      payload: encode({ on: false }),
      qos: 2,
      retain: true,
      properties: { contentType: 'application/msgpack', messageExpiryInterval: 600 },
    });
    expect(wills(t)[1]).toEqual(will);
  });

  it('says what its own options say, before the contract', async () => {
    const userProperties = [['why', 'gone']] as const;
    const will = status.message(
      { id: 7 },
      { on: false },
      { qos: 1, retain: false, messageExpiryInterval: 5, userProperties },
    );
    await using t = await started({ will });
    await cut(t);
    expect(wills(t)).toMatchObject([
      { qos: 1, retain: false, properties: { messageExpiryInterval: 5, userProperties } },
    ]);
  });

  it('may wait for the application to come back', async () => {
    await using t = await started({ will: { ...gone, delay: 30 } });
    expect(t.broker.transcript()).toContain('willDelay=30');
    await cut(t);
    await t.clock.advance('60s');
    expect(wills(t)).toEqual([]);
  });

  it('goes out without what MQTT 3.1.1 has no words for', async () => {
    await using t = await started({ protocol: 4, will: gone });
    await cut(t);
    expect(wills(t)).toMatchObject([
      { topic: 'gateways/7/status', payload: encode({ on: false }), qos: 2, retain: true },
    ]);
  });

  it('waits for an asynchronous schema', async () => {
    const slow = defineTopic('slow', {
      codec: 'text',
      payload: z.string().refine(async (text) => text !== ''),
    });
    await using t = await started({ will: slow.message({}, 'bye') });
    await cut(t);
    expect(wills(t)).toMatchObject([{ topic: 'slow', payload: new TextEncoder().encode('bye') }]);
  });

  it('is not published where the application says goodbye', async () => {
    await using t = await started({ will: gone });
    await t.app.stop();
    expect(wills(t)).toEqual([]);
  });

  it.each([
    [
      'a payload that does not fit',
      status.message({ id: 7 }, { on: false, since: -1 }),
      /^connection\.will: The payload does not fit "gateways\/\+id\/status": since: .+\.$/,
    ],
    [
      'an asynchronous codec',
      defineTopic('slow', {
        codec: { ...messagePack, encode: () => Promise.resolve() as unknown as Uint8Array },
      }).message({}, 1),
      /^connection\.will: The codec "MessagePack" of "slow" is asynchronous: /,
    ],
    [
      'a signal',
      status.message({ id: 7 }, { on: false }, { signal: new AbortController().signal }),
      /^connection\.will: nobody waits for a will, so it takes no signal\. Leave it out\.$/,
    ],
  ])('with %s keeps the application from starting', async (_what, will, sentence) => {
    await expect(started({ will })).rejects.toMatchObject({
      name: 'BootError',
      findings: [expect.stringMatching(sentence)],
    });
  });

  it('whose schema never ends does not outlast the time of the start', async () => {
    const endless = defineTopic('endless', {
      payload: z.string().refine(() => new Promise<boolean>(() => {})),
    });
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId: 'gateway', will: endless.message({}, 'x') },
      startup: { timeout: '5ms' },
    });
    app.on(note, () => {});
    await expect(app.start()).rejects.toMatchObject({
      name: 'StartTimeoutError',
      message: expect.stringContaining('the schema of connection.will'),
    });
  });

  it('may still be a plain one of the client', async () => {
    await using t = await started({ will: { topic: 'plain', payload: 'bye' } });
    await cut(t);
    expect(wills(t)).toMatchObject([{ topic: 'plain', qos: 0, retain: false }]);
  });
});
