import { Controller, createApp, type Message, Topic } from 'topicwise';

/** Replaced by the tests. */
export const work = { on: async (_what: string): Promise<void> => undefined };

@Controller({ concurrency: { max: 4 } }) // order 'topic': one at a time per concrete topic, up to four topics at once
export class PlantController {
  @Topic('plants/+id/alarm')
  onAlarm({ topic }: Message) {
    return work.on(topic);
  }

  // What has to stay in order is named by a function. It sees the bytes: nothing is decoded yet.
  @Topic('orders/+customer/+kind', { concurrency: { order: ({ params }) => params.customer } })
  onOrder({ topic }: Message<'orders/+customer/+kind'>) {
    return work.on(topic);
  }

  // A dashboard: while the handler is busy, of each topic only the newest message waits. QoS 0 only.
  @Topic('plants/+id/level', { qos: 0, concurrency: { max: 1, overflow: 'latest' } })
  onLevel(message: Message) {
    return work.on(message.text());
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'plants' },
  controllers: [PlantController],
});
