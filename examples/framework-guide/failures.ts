import {
  Controller,
  createApp,
  deadLetter,
  defineTopic,
  drop,
  InvalidMessage,
  type Message,
  on,
  otherwise,
  reject,
  retry,
  Topic,
} from 'topicwise';
import { z } from 'zod';

export class SoldOutError extends Error {}
export class StorageBusyError extends Error {}

export const sale = defineTopic('sales/+id', { payload: z.object({ pairs: z.number().int() }) });

@Controller({ errors: [on(SoldOutError, reject(0x97, 'Sold out.'))] })
export class SaleController {
  /** Replaced by the tests. */
  sell = async (_id: string, _pairs: number): Promise<void> => undefined;

  @Topic(sale, {
    errors: [
      on(InvalidMessage, drop()),
      on(
        StorageBusyError,
        retry(2, { from: '50ms', jitter: 'none' }),
        retry(3, { from: '5s', max: '1m' }),
        deadLetter(),
      ),
      on((error) => String(error).includes('duplicate key'), drop()), // stored already
    ],
  })
  async onSale({ params, payload }: Message<typeof sale>) {
    await this.sell(params.id, payload.pairs);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'sales' },
  controllers: [SaleController],
  errors: [otherwise(retry(1), deadLetter('sales-that-failed'))],
});
