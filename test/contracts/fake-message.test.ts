import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { AlreadySettledError, defineTopic, InvalidMessage, type Message } from '../../src/contracts/index.js';
import { TopicError } from '../../src/topics/index.js';

const reading = defineTopic('sensors/+id/reading', {
  payload: z.object({ celsius: z.number(), at: z.coerce.date() }),
  params: { id: z.coerce.number<string>().int() },
  qos: 2,
});
const alert = defineTopic('alerts/+id', { payload: z.object({ level: z.enum(['hot', 'cold']) }) });
const given = { params: { id: '7' }, payload: { celsius: 41, at: '2026-01-01T00:00:00Z' } };

/** The unit under test: what it needs of MQTT is its argument. */
class Thermostat {
  readonly seen: [number, number, number][] = [];
  async onReading(message: Message<typeof reading>): Promise<void> {
    const { params, payload } = message;
    if (payload.celsius > 100) return message.reject(0x99, 'implausible');
    this.seen.push([params.id, payload.celsius, payload.at.getFullYear()]);
    if (payload.celsius > 40) await message.publish(alert.to({ id: params.id }), { level: 'hot' });
    await message.ack();
  }
}

describe('a fake message', () => {
  it('lets a handler be tested alone, on what it would get through a broker', async () => {
    const thermostat = new Thermostat();
    const message = reading.fake(given);
    await thermostat.onReading(message);
    expect(thermostat.seen).toEqual([[7, 41, 2026]]);
    expect(message.published).toEqual([alert.message({ id: 7 }, { level: 'hot' })]);
    expect(message).toMatchObject({ status: 'acked', rejection: undefined });
  });

  it('records a rejection', async () => {
    const message = reading.fake({ ...given, payload: { ...given.payload, celsius: 101 } });
    await new Thermostat().onReading(message);
    expect(message).toMatchObject({
      status: 'rejected',
      rejection: { code: 0x99, reason: 'implausible' },
      published: [],
    });
  });

  it('is a first and plain delivery, unless it is told otherwise', () => {
    const plain = reading.fake(given);
    expect(plain).toMatchObject({
      topic: 'sensors/7/reading',
      qos: 2,
      retain: false,
      duplicate: false,
      attempt: 1,
      status: 'open',
    });
    expect(plain.signal.aborted).toBe(false);
    expect(plain.properties).toMatchObject({ subscriptionIdentifiers: [] });
    expect([...plain.properties.userProperties]).toEqual([]);
    expect(plain.json()).toEqual(given.payload);
    expect(plain.raw).toEqual(new TextEncoder().encode(plain.text()));
    plain.log.child({ a: 1 }).info({}, 'nobody reads this');

    const log = { ...plain.log, info: vi.fn() };
    const special = reading.fake({
      ...given,
      qos: 0,
      retain: true,
      duplicate: true,
      attempt: 3,
      signal: AbortSignal.abort(),
      log,
      properties: { responseTopic: 'r', userProperties: [['a', 'b']] },
    });
    expect(special).toMatchObject({ qos: 0, retain: true, duplicate: true, attempt: 3 });
    expect(special.signal.aborted).toBe(true);
    expect(special.properties.responseTopic).toBe('r');
    expect(special.properties.userProperties.get('a')).toBe('b');
    special.log.info({}, 'hot');
    expect(log.info).toHaveBeenCalledWith({}, 'hot');
  });

  it('needs no parameters where the topic has none', () => {
    expect(defineTopic('status', { codec: 'text' }).fake({ payload: 'on' })).toMatchObject({
      topic: 'status',
      params: {},
      payload: 'on',
    });
  });

  it('refuses what no handler would get', () => {
    const fake = (message: object) => reading.fake({ ...given, ...message });
    expect(() => fake({ payload: { celsius: 'hot', at: 0 } })).toThrow(InvalidMessage);
    expect(() => fake({ params: { id: 'seven' } })).toThrow(InvalidMessage);
    expect(() => fake({ params: { id: 'a/b' } })).toThrow(TopicError);
    expect(() => fake({ properties: { contentType: 'image/png' } })).toThrow('JSON is expected');
    const slow = defineTopic('slow', { payload: z.string().refine(async () => false) });
    expect(() => slow.fake({ payload: 'x' })).toThrow(
      'The payload schema of "slow" is asynchronous, and fake() answers at once',
    );
  });

  it('refuses to publish what does not fit, and does not record it', async () => {
    const message = reading.fake(given);
    await expect(message.publish(alert.to({ id: 7 }), { level: 'warm' as 'hot' })).rejects.toThrow(
      InvalidMessage,
    );
    expect(message.published).toEqual([]);
  });

  it('is settled once, as a real one', async () => {
    const acked = reading.fake(given);
    await acked.ack();
    await acked.ack();
    await expect(acked.reject()).rejects.toThrow(AlreadySettledError);
    expect(acked).toMatchObject({ status: 'acked', rejection: undefined });
    const rejected = reading.fake(given);
    await expect(rejected.reject(0 as 0x80)).rejects.toThrow(RangeError);
    await rejected.reject(0x83);
    await rejected.reject(0x80);
    await expect(rejected.ack()).rejects.toThrow(
      'The message on "sensors/7/reading" was already rejected; it can\'t be acknowledged any more.',
    );
    expect(rejected).toMatchObject({ status: 'rejected', rejection: { code: 0x83, reason: undefined } });
  });
});
