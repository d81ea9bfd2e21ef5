import {
  Controller,
  createApp,
  defineTopic,
  Inject,
  type Message,
  type OnConnect,
  type OnStart,
  type OnStop,
  Publisher,
  Topic,
} from 'topicwise';

export const presence = defineTopic('presence/+service', { codec: 'text', retain: true });
export const diary: string[] = [];

@Controller()
export class MeterController implements OnStart, OnConnect, OnStop {
  constructor(@Inject(Publisher) private readonly publisher: Publisher) {}

  async onStart() {
    diary.push('opens what it needs'); // nothing is connected yet; what it throws fails the start
  }

  async onConnect({ sessionPresent }: { sessionPresent: boolean }) {
    diary.push(`connected, ${sessionPresent ? 'with' : 'without'} a session`); // on every connection
    await this.publisher.publish(presence.to({ service: 'meter' }), 'online');
  }

  async onStop() {
    await this.publisher.publish(presence.to({ service: 'meter' }), 'offline'); // the handlers are done
  }

  @Topic('meters/+id')
  onMeter({ params }: Message<'meters/+id'>) {
    diary.push(`meter ${params.id}`);
  }
}

export const app = createApp({
  connection: {
    url: 'mqtt://localhost',
    clientId: 'meters',
    sessionExpiryInterval: 86_400, // seconds: a day
    will: presence.message({ service: 'meter' }, 'offline'), // said by the broker where onStop can't
  },
  controllers: [MeterController],
  startup: { retry: true, timeout: '1m' }, // a broker that is not there yet; 0, the default, is no limit
  shutdown: { timeout: '20s' },
});
