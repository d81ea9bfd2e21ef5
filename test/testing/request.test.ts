import { createApp, defineTopic, InvalidMessage, ReplyError } from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const config = defineTopic('devices/+id/config/get', {
  payload: z.object({ keys: z.array(z.string()) }),
  reply: z.object({ values: z.array(z.string()), at: z.coerce.date() }),
});
const status = defineTopic('devices/+id/status', { codec: 'text' });

const application = () => createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'configs' } });
const target = config.to({ id: 7 });

describe('t.request', () => {
  it('resolves with the reply of the handler, as a requester reads it', async () => {
    const app = application();
    app.on(config, ({ params, payload }) => ({
      values: payload.keys.map((key) => `${params.id}.${key}`),
      at: '2026-01-01',
    }));
    await using t = await createTestApp(app);
    const [reply, other] = await Promise.all([
      t.request(target, { keys: ['a', 'b'] }),
      t.request(config.to({ id: 8 }), { keys: [] }, { qos: 0 }),
    ]);
    expect(reply).toEqual({ values: ['7.a', '7.b'], at: new Date('2026-01-01') });
    expect(other.values).toEqual([]);
  });

  it('waits for what the handler does in virtual time', async () => {
    const app = application();
    let tries = 0;
    app.on(config, async () => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return { values: [], at: 0 };
    });
    await using t = await createTestApp(app);
    expect(await t.request(target, { keys: [] })).toEqual({ values: [], at: new Date(0) });
    expect(tries).toBe(3);
  });

  it('rejects with the error that the handler answers with', async () => {
    const app = application();
    app.on(config, () => {
      throw new ReplyError('not-found', 'No such device');
    });
    await using t = await createTestApp(app);
    const asked = t.request(target, { keys: [] });
    await expect(asked).rejects.toThrow(ReplyError);
    await expect(asked).rejects.toMatchObject({ code: 'not-found', message: 'No such device' });
  });

  it('rejects with the reason of the application where the request does not fit', async () => {
    const app = application();
    app.on(config, () => ({ values: [], at: 0 }));
    await using t = await createTestApp(app);
    const asked = t.request(target, new TextEncoder().encode('{"keys":1}'));
    await expect(asked).rejects.toMatchObject({
      name: 'ReplyError',
      code: 'invalid-message',
      message: expect.stringContaining('The payload does not fit "devices/+id/config/get": keys: '),
    });
    await expect(t.request(target, { keys: 1 as unknown as string[] })).rejects.toThrow(InvalidMessage);
  });

  it('rejects where somebody answers with what is no reply', async () => {
    const app = application();
    app.on(status, () => {});
    await using t = await createTestApp(app);
    const device = await connect(t.broker.endpoint, { clock: t.clock });
    const stream = await device.stream('devices/+/config/get');
    const asked = t.request(target, { keys: [] });
    await Promise.all([
      expect(asked).rejects.toMatchObject({ name: 'InvalidMessage', part: 'reply' }),
      (async () => {
        for await (const { responseTopic = '', correlationData } of stream) {
          await device.publish(responseTopic, 'soon', { ...(correlationData && { correlationData }) });
          return;
        }
      })(),
    ]);
  });

  it('says so where there is no reply', async () => {
    const app = application();
    app.on(status, () => {});
    await using t = await createTestApp(app);
    await expect(t.request(target, { keys: [] })).rejects.toThrow(
      'No reply came to the request on "devices/7/config/get". Is it the topic of a handler, and did it end?',
    );
    await expect(t.request(status.to({ id: 7 }) as never, 'on')).rejects.toThrow(
      '"devices/+id/status" can\'t be requested: it has no reply.',
    );
  });
});

describe('t.deliver with { duplicate: true }', () => {
  it('lets the handler see what the broker says of a message that it may have sent before', async () => {
    const seen: [string, boolean][] = [];
    const app = application();
    app.on(status, ({ payload, duplicate }) => void seen.push([payload, duplicate]));
    await using t = await createTestApp(app);
    const delivery = await t.deliver(status.to({ id: 7 }), 'first');
    expect(await t.deliver(status.to({ id: 7 }), 'again', { duplicate: true })).toEqual(delivery);
    await t.deliver(status.to({ id: 7 }), 'exactly', { duplicate: true, qos: 2 });
    // QoS 0 has no duplicates [MQTT-3.3.1-2].
    await t.deliver(status.to({ id: 7 }), 'once', { duplicate: true, qos: 0 });
    expect(seen).toEqual([
      ['first', false],
      ['again', true],
      ['exactly', true],
      ['once', false],
    ]);
  });
});
