import {
  Controller,
  CurrentMessage,
  defineTopic,
  Inject,
  type Message,
  Topic,
  type TopicMessage,
} from 'topicwise';
import { LIMIT, Repository, Transaction } from '../repository.js';

export const reading = defineTopic('sensors/+id/reading', { codec: 'text' });

class Base {
  constructor(
    @Inject(Repository) readonly repository: Repository,
    @Inject(LIMIT) readonly limit: number,
    readonly unit = 'C',
  ) {}
}

@Controller()
export class ReadingController extends Base {
  @Topic(reading)
  async onReading({ params, payload }: Message<typeof reading>) {
    this.repository.stored.push(`${params.id}: ${payload} ${this.unit} of ${this.limit}`);
  }
}

@Controller({ scope: 'message' })
export class AuditController {
  constructor(
    @Inject(Repository) readonly repository: Repository,
    @Inject(() => Transaction) readonly transaction: Transaction,
    @Inject(CurrentMessage) readonly message: TopicMessage<unknown, unknown>,
  ) {}

  @Topic('sensors/+/audit')
  onAudit() {
    this.repository.stored.push(`${this.message.topic}, over: ${this.transaction.isOver}`);
  }
}
