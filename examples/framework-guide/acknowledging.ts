import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const order = defineTopic('orders/+id', { payload: z.object({ pairs: z.number().int() }) });
export const parcel = defineTopic('parcels/+id', { payload: z.object({ pairs: z.number().int() }) });
export const sample = defineTopic('samples/+id', { payload: z.number() });
export const lamp = defineTopic('lamps/+id', { payload: z.boolean() });

@Controller()
export class OrderController {
  readonly stored: string[] = [];

  // Acknowledged after the handler, and after what it returned or published through its message has arrived.
  @Topic(order, { sends: [parcel] })
  onOrder({ params, payload }: Message<typeof order>) {
    if (payload.pairs > 0) return parcel.message({ id: params.id }, payload);
    return undefined;
  }

  readonly #waiting: Message<typeof sample>[] = [];

  // The handler decides, now or later: here when there is enough to store at once. Until then the broker keeps the messages.
  @Topic(sample, { ack: 'manual', timeout: '1m' })
  onSample(message: Message<typeof sample>) {
    if (message.payload < 0) return message.reject(0x99, 'Below zero.');
    if (this.#waiting.push(message) < 2) return undefined;
    const batch = this.#waiting.splice(0);
    this.stored.push(batch.map(({ payload }) => payload).join(' and '));
    for (const each of batch) void each.ack();
    return undefined;
  }

  // Acknowledged before the handler runs: a failure loses the message. For what the next one replaces anyway.
  @Topic(lamp, { ack: 'on-receipt' })
  onLamp({ payload }: Message<typeof lamp>) {
    this.stored.push(`lamp ${payload ? 'on' : 'off'}`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'shop' },
  controllers: [OrderController],
});
