import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const status = defineTopic('socks/+drawer/status', {
  payload: z.object({ pairs: z.number().int(), clean: z.boolean() }),
});

@Controller()
export class DrawerController {
  @Topic(status, { qos: 1 })
  onStatus({ params, payload }: Message<typeof status>) {
    if (payload.pairs < 0) throw new Error(`drawer ${params.drawer} can't hold ${payload.pairs} pairs`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'laundry' },
  controllers: [DrawerController],
});
