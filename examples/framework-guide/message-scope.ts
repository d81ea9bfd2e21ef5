import {
  Controller,
  CurrentMessage,
  createApp,
  Inject,
  type Message,
  Topic,
  type TopicMessage,
} from 'topicwise';

export class Database {
  readonly log: string[] = [];
}

/** One for each message; what is not committed when it is disposed of is rolled back. */
export class Transaction implements AsyncDisposable {
  #isCommitted = false;

  constructor(
    @Inject(Database) private readonly database: Database, // a singleton, the same for all
    @Inject(CurrentMessage) private readonly message: TopicMessage<unknown, unknown>,
  ) {
    this.database.log.push(`begin for ${this.message.topic}`);
  }

  async commit() {
    this.#isCommitted = true;
    this.database.log.push('commit');
  }

  async [Symbol.asyncDispose]() {
    if (!this.#isCommitted) this.database.log.push('roll back');
  }
}

@Controller({ scope: 'message' })
export class OrderController {
  constructor(@Inject(Transaction) private readonly transaction: Transaction) {}

  @Topic('orders/+id', { qos: 1 })
  async onOrder({ attempt }: Message<'orders/+id'>) {
    if (attempt === 1) throw new Error('the table is locked');
    await this.transaction.commit();
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'orders' },
  controllers: [OrderController],
  providers: [{ provide: Transaction, useClass: Transaction, scope: 'message' }],
});
