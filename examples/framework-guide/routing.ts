import { Controller, createApp, type Message, Topic } from 'topicwise';
import { z } from 'zod';

export const seen: string[] = [];

@Controller()
export class SiteController {
  // The short form: the pattern with the members of a contract and the options of a handler in one.
  @Topic('sites/+site/temperature', { payload: z.number() })
  onTemperature({ params, payload }: Message<'sites/+site/temperature', number>) {
    seen.push(`temperature at ${params.site}: ${payload}`);
  }

  // Overlaps the filter above: both handlers run, once each, and the message is acknowledged when both are done.
  @Topic('sites/+site/#path')
  onAnything({ params, raw }: Message<'sites/+site/#path'>) {
    seen.push(`anything at ${params.site}: ${params.path}, ${raw.length} bytes`);
  }

  // Asked before the message is decoded. False leaves it to the other routes.
  @Topic('sites/+/door', { when: ({ payload }) => payload.length > 0 })
  onDoor({ topic }: Message) {
    seen.push(`door: ${topic}`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'sites' },
  controllers: [SiteController],
});
