// What an application and its test read like. It must compile as it stands.
import {
  type App,
  Controller,
  createApp,
  deadLetter,
  defineMiddleware,
  defineTopic,
  discover,
  Inject,
  InvalidMessage,
  type Message,
  on,
  otherwise,
  Publisher,
  reject,
  retry,
  Topic,
  token,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { z } from 'zod';

export const reading = defineTopic('sensors/+deviceId/reading', {
  payload: z.object({ celsius: z.number().min(-90).max(60), at: z.iso.datetime() }),
  params: { deviceId: z.uuid() },
  qos: 1,
});
export const alert = defineTopic('alerts/+deviceId', {
  payload: z.object({ level: z.enum(['hot', 'cold']) }),
});

export const getConfig = defineTopic('devices/+id/config/get', {
  payload: z.object({ keys: z.array(z.string()) }),
  reply: z.record(z.string(), z.string()),
});

export class ReadingRepo {
  async save(id: string, celsius: number, at: string) {
    void id;
    void celsius;
    void at;
  }
}
export const THRESHOLD = token<number>('threshold');
const tenant = defineMiddleware<{ tenant: string }>(async (message, next) =>
  next({ tenant: message.topic.split('/')[0]! }),
);
export const TenantTopic = Topic.use(tenant);
// What an earlier one added, a later one may ask for.
const plan = defineMiddleware<{ plan: 'free' | 'paid' }, { tenant: string }>((message, next) =>
  next({ plan: message.tenant === 'acme' ? 'paid' : 'free' }),
);
const PlanTopic = TenantTopic.use(plan);

@Controller()
export class SensorController {
  constructor(
    @Inject(ReadingRepo) private repo: ReadingRepo,
    @Inject(THRESHOLD) private limit: number,
    @Inject(() => Publisher) private mqtt: Publisher,
  ) {}

  @Topic(reading, {
    sends: [alert],
    errors: [on(InvalidMessage, reject(0x99)), otherwise(retry(3, { from: '100ms' }), deadLetter())],
  })
  async onReading({ params, payload }: Message<typeof reading>) {
    await this.repo.save(params.deviceId, payload.celsius, payload.at);
    if (payload.celsius > this.limit) return alert.message({ deviceId: params.deviceId }, { level: 'hot' });
  }

  @Topic('socks/+/status', { qos: 1 })
  onStatus({ payload }: Message) {
    void payload.byteLength;
  }

  @Topic('socks/+pair/status', { payload: z.object({ clean: z.boolean() }) })
  onNamed({ params, payload }: Message<'socks/+pair/status', { clean: boolean }>) {
    void params.pair;
    void payload.clean;
  }

  @Topic(getConfig)
  async onConfig({ params, payload }: Message<typeof getConfig>) {
    return Object.fromEntries(payload.keys.map((key) => [key, params.id]));
  }

  @TenantTopic(reading)
  onTenant(message: Message<typeof reading> & { tenant: string }) {
    void message.tenant;
    return this.mqtt
      .publish(alert.to({ deviceId: message.params.deviceId }), { level: 'cold' })
      .then(() => undefined);
  }

  @PlanTopic('socks/+pair/plan')
  onPlan(message: Message<'socks/+pair/plan'> & { tenant: string; plan: 'free' | 'paid' }) {
    void [message.tenant, message.plan];
  }

  // A reply of the short form; what the handler sends besides goes through the message.
  @Topic('time/get', { reply: z.number(), sends: [alert] })
  async onTime(message: Message) {
    await message.publish(alert.to({ deviceId: message.topic }), { level: 'hot' });
    return 42;
  }

  @Topic(reading, { ack: 'manual', share: 'workers' })
  async onManual(message: Message<typeof reading>) {
    await message.publish(alert.to({ deviceId: message.params.deviceId }), { level: 'cold' });
    await (message.duplicate ? message.reject(0x83) : message.ack());
  }

  @Topic(alert, { sends: [alert, reading] })
  onAlert({ params }: Message<typeof alert>) {
    return [
      alert.message(params, { level: 'hot' as const }),
      reading.message(params, { celsius: 1, at: '' }),
    ];
  }

  @Topic(alert)
  onNothing() {
    return this.mqtt.publish(alert.to({ deviceId: 'x' }), { level: 'cold' }).then(() => undefined);
  }

  // A handler may take less than there is, or wider types.
  @Topic(reading) onLess({ payload }: { payload: { celsius: number } }) {
    void payload;
  }
  @Topic(reading) onUnknown(message: unknown) {
    void message;
  }
}

export const app: App = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'sensor-ingest', sessionExpiryInterval: 3600 },
  controllers: [SensorController],
  providers: [{ provide: THRESHOLD, useValue: 40 }],
});
export const discovered: App = createApp({
  connection: 'mqtt://localhost',
  controllers: discover(import.meta.url, './controllers/*'),
  middleware: [tenant],
});

app.on(reading, async ({ params, payload }) => {
  const id: string = params.deviceId;
  const celsius: number = payload.celsius;
  void id;
  void celsius;
});
app.on('socks/+pair/status', ({ params, payload }) => {
  const pair: string = params.pair;
  const length: number = payload.byteLength;
  void pair;
  void length;
});
app.on(getConfig, async ({ payload }) => Object.fromEntries(payload.keys.map((key) => [key, ''])));
app.on(alert, () => reading.message({ deviceId: 'x' }, { celsius: 1, at: '' }), { sends: [reading] });

export async function test() {
  const saved: number[] = [];
  await using t = await createTestApp(app, {
    override: [
      {
        provide: ReadingRepo,
        useValue: {
          save: async (_: string, c: number) => {
            saved.push(c);
          },
        },
      },
    ],
    broker: new FakeBroker({ overlap: 'per-subscription' }),
  });
  const d = await t.deliver(reading.to({ deviceId: 'b5b7c1a2-6d0e-4f5a-9b8c-1d2e3f405162' }), {
    celsius: 41,
    at: '2026-01-01T00:00:00Z',
  });
  const ok: boolean =
    d.outcome === 'acked' && d.acks[0]?.reasonCode === 0 && t.published(alert)[0]?.payload.level === 'hot';
  const n: number = t.handler(SensorController, 'onReading').calls[0]!.payload.celsius;
  t.handler(SensorController, 'onReading').replace(async () => undefined);
  await t.clock.advance('5s');
  await t.settled();
  void ok;
  void n;
}
