import {
  Controller,
  Controllers,
  container,
  createApp,
  inject,
  injectable,
  type Message,
  Topic,
} from 'topicwise';

/** An application that tsyringe holds together already: its container, its decorators. */
@injectable()
export class Doorbell {
  readonly rung: string[] = [];
}

@Controller()
export class DoorController {
  constructor(@inject(Doorbell) readonly bell: Doorbell) {}

  @Topic('doors/+id/ring')
  onRing({ params }: Message<'doors/+id/ring'>) {
    this.bell.rung.push(params.id);
  }
}

export const house = container.createChildContainer();
house.registerSingleton(Doorbell);
house.register(Controllers, { useClass: DoorController });

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'house' },
  container: house,
});
