import {
  Controller,
  deadLetter,
  Inject,
  InvalidMessage,
  type Message,
  on,
  otherwise,
  reject,
  retry,
  Topic,
} from 'topicwise';
import { status } from './contracts.js';
import { SockRepository } from './repository.js';

@Controller()
export class DrawerController {
  constructor(@Inject(SockRepository) private readonly repository: SockRepository) {}

  @Topic(status, {
    errors: [
      on(InvalidMessage, reject(0x99)),
      otherwise(retry(3, { from: '10ms', max: '50ms' }), deadLetter()),
    ],
  })
  async onStatus({ params, payload }: Message<typeof status>) {
    await this.repository.save(payload.message, { drawer: params.drawer, pairs: payload.pairs });
  }
}

/** Its filter overlaps the other controller's: each of the two still runs exactly once per message. */
@Controller()
export class LaundryController {
  constructor(@Inject(SockRepository) private readonly repository: SockRepository) {}

  @Topic('socks/#path', { qos: 1 })
  onAnything({ properties }: Message<'socks/#path'>) {
    this.repository.see(Number(properties.userProperties.get('message')));
  }
}
