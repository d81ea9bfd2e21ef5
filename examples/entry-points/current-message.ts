import { Controller, defineTopic, type Message, Topic } from 'topicwise';
import { currentMessage } from 'topicwise/current-message';

export const status = defineTopic('socks/+drawer/status', { codec: 'text' });
export const lines: string[] = [];

/** A function that knows nothing of controllers, and still says for which message it was called. */
export function say(text: string): void {
  lines.push(`${currentMessage()?.topic ?? 'no message'}: ${text}`);
}

@Controller()
export class StatusController {
  @Topic(status) async onStatus({ payload }: Message<typeof status>) {
    await Promise.resolve();
    say(payload);
  }
}
