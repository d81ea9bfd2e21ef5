import {
  Controller,
  createApp,
  defineTopic,
  Inject,
  type Message,
  Publisher,
  ReplyError,
  Topic,
} from 'topicwise';
import { z } from 'zod';

export const getConfig = defineTopic('devices/+id/config/get', {
  payload: z.object({ keys: z.array(z.string()) }),
  reply: z.record(z.string(), z.string()),
});

@Controller()
export class ConfigController {
  @Topic(getConfig)
  onGet({ params, payload }: Message<typeof getConfig>) {
    // A ReplyError is an answer: its code and message reach who asked. Of any other error only the code 'failed' does.
    if (params.id === '0') throw new ReplyError('not-found', 'There is no such device.');
    return Object.fromEntries(payload.keys.map((key) => [key, `${key} of ${params.id}`]));
  }
}

/** The other side, here another application on the same broker. */
@Controller()
export class GatewayController {
  readonly names = new Map<string, string>();

  constructor(@Inject(Publisher) private readonly publisher: Publisher) {}

  @Topic('devices/+id/online')
  async onOnline({ params, signal }: Message<'devices/+id/online'>) {
    const options = { timeout: '5s', signal } as const;
    const config = await this.publisher.request(getConfig.to({ id: params.id }), { keys: ['name'] }, options);
    this.names.set(params.id, config['name'] ?? 'no name');
  }
}

const url = 'mqtt://localhost';
export const devices = createApp({
  connection: { url, clientId: 'devices' },
  controllers: [ConfigController],
});
export const gateway = createApp({
  connection: { url, clientId: 'gateway' },
  controllers: [GatewayController],
});
