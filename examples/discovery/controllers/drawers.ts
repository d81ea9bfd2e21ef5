import { Controller, Inject, type Message, Topic } from 'topicwise';
import { DrawerRepository } from '../repository.js';

@Controller()
export class DrawerController {
  constructor(@Inject(DrawerRepository) private readonly drawers: DrawerRepository) {}

  @Topic('socks/+drawer/opened')
  onOpened({ params }: Message<'socks/+drawer/opened'>) {
    this.drawers.opened.push(params.drawer);
  }
}
