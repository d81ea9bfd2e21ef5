import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const order = defineTopic('orders/+id', { payload: z.object({ pairs: z.number().int() }) });
export const parcel = defineTopic('parcels/+id', { payload: z.object({ pairs: z.number().int() }) });
export const batch = defineTopic('batches/+id', { payload: z.array(z.string()) });
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

  // The handler decides, now or later: here when the batch is stored. Until then the broker keeps the message.
  @Topic(batch, { ack: 'manual', timeout: '1m' })
  onBatch(message: Message<typeof batch>) {
    if (message.payload.length === 0) return message.reject(0x99, 'An empty batch.');
    queueMicrotask(() => {
      this.stored.push(...message.payload);
      void message.ack();
    });
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
