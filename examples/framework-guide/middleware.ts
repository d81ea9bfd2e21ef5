import { Controller, createApp, defineMiddleware, type Message, Topic } from 'topicwise';

/** Around every handler of the application: what comes before `next()` runs before the handler, what comes after it knows the outcome. */
export const audit: string[] = [];
const auditing = defineMiddleware(async (message, next) => {
  const outcome = await next();
  audit.push(`${message.topic}: ${outcome.status} after ${outcome.attempts}`);
  return outcome;
});

/** Adds to the message; `Topic.use` tells the compiler. What it throws fails the message, as a handler's error does. */
const tenancy = defineMiddleware<{ tenant: string }>(async (message, next) => {
  const tenant = message.properties.userProperties.get('tenant');
  return tenant === undefined ? { status: 'dropped', attempts: 0 } : next({ tenant });
});
const TenantTopic = Topic.use(tenancy);

@Controller()
export class InvoiceController {
  readonly booked: string[] = [];

  @TenantTopic('invoices/+id')
  onInvoice({ params, tenant }: Message<'invoices/+id'> & { tenant: string }) {
    this.booked.push(`${params.id} of ${tenant}`);
  }
}

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'invoices' },
  controllers: [InvoiceController],
  middleware: [auditing],
});
