import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const level = defineTopic('sites/+site/tanks/+id/level', { payload: z.number() });

@Controller()
export class TankController {
  readonly levels: string[] = [];

  @Topic(level)
  onLevel({ params, payload, topic }: Message<typeof level>) {
    this.levels.push(`${params.site} ${params.id}: ${payload}, on ${topic}`);
  }
}

/** Where the application runs decides what it subscribes to: here `acme/sites/ams1/tanks/+/level`. */
export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'tanks' },
  controllers: [TankController],
  prefix: 'acme',
  bind: { site: 'ams1' }, // or several: ['ams1', 'fra1']
});
