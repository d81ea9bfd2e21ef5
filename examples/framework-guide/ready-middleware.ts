import { Controller, createApp, logging, type Message, type Timing, Topic, timing } from 'topicwise';

export const timings: Timing[] = [];

@Controller()
export class PaymentController {
  readonly paid: string[] = [];

  // The same payment twice within ten minutes, by its own number: handled once, acknowledged twice.
  @Topic('payments/+account', { dedupe: { key: (message) => message.text(), window: '10m' } })
  onPayment(message: Message<'payments/+account'>) {
    this.paid.push(message.text());
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'payments' },
  controllers: [PaymentController],
  middleware: [
    logging(), // a line for each message: route, topic, outcome, attempts, durationMs
    timing((each) => timings.push(each)), // the same as numbers, for whatever counts them
  ],
});
