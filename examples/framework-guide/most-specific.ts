import { Controller, createApp, type Message, Topic } from 'topicwise';

@Controller()
export class CommandController {
  readonly done: string[] = [];

  @Topic('devices/+id/reboot')
  onReboot({ params }: Message<'devices/+id/reboot'>) {
    this.done.push(`${params.id} reboots`);
  }

  // What nobody else is for.
  @Topic('devices/+id/#command')
  onUnknown({ params }: Message<'devices/+id/#command'>) {
    this.done.push(`${params.id} does not know ${params.command}`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'commands' },
  controllers: [CommandController],
  overlap: 'most-specific',
});
