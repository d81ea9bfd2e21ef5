// Every line marked `// error` is a mistake that the compiler must refuse; the text behind the mark is the reason it must give.
import {
  Controller,
  createApp,
  drop,
  Inject,
  type Message,
  type Middleware,
  on,
  otherwise,
  type Publisher,
  retry,
  Topic,
  token,
} from 'topicwise';
import type { TestApp } from 'topicwise/testing';
import { z } from 'zod';
import { alert, getConfig, ReadingRepo, reading, SensorController, TenantTopic } from '../example.js';

declare const mqtt: Publisher;
declare const t: TestApp;
declare const status: unique symbol;
declare const needsTenant: Middleware<{ plan: string }, { tenant: string }>;
const LIMIT = token<number>('limit');
const bytes = z.instanceof(Uint8Array);

// biome-ignore format: a decorator and its mark belong on one line
@Controller()
class Bad {
  constructor(
    @Inject(ReadingRepo) private wrongToken: Date, // error: the injected type does not fit this constructor parameter
    @Inject(LIMIT) readonly wrongValue: string, // error: the injected type does not fit this constructor parameter
    @Inject(() => ReadingRepo) readonly wrongLazy: Map<string, string>, // error: the injected type does not fit this constructor parameter
    @Inject('repo') readonly noToken: ReadingRepo, // error
  ) {
    void this.wrongToken;
  }
  // the form of the handler
  @Topic(reading) misspelledParam({ params }: { params: { device: string } }) { // error: "device" is not a parameter of this topic
    void params;
  }
  @Topic('socks/+id/status') misspelledShort({ params }: { params: { sockId: string } }) { // error: "sockId" is not a parameter of "socks/+id/status"
    void params;
  }
  @Topic(reading) wrongPayload({ payload }: { payload: { celsius: string } }) { // error: "payload": the topic gives", { celsius: number; at: string; }, "but the handler takes", { celsius: string; }]
    void payload;
  }
  @Topic('socks/+id/status') noSchema({ payload }: { payload: { state: string } }) { // error: "but the handler takes", { state: string; }
    void payload;
  }
  @Topic(reading) wrongParam({ params }: { params: { deviceId: number } }) { // error: "but the handler takes", { deviceId: number; }
    void params;
  }
  @Topic('socks/+pair/status') otherPattern(m: Message<'socks/+sock/status'>) { // error: "sock" is not a parameter of "socks/+pair/status"
    void m;
  }
  @Topic(reading) otherContract(m: Message<typeof alert>) { // error: "but the handler takes"
    void m;
  }
  @Topic(reading) needsTenant(m: Message<typeof reading> & { tenant: string }) { // error: a message has no "tenant"
    void m;
  }
  @Topic(reading) twoArguments(a: string, b: number) { // error: a topic handler takes one argument, the message
    void a;
    void b;
  }
  @Topic(reading) static onClass() {} // error: a topic handler is a method of the instance, not a static one
  @Topic(reading) field = 1; // error: @Topic decorates a method

  // what it returns
  @Topic(reading) async returnsSomething() { // error: ["a handler returns nothing, but this one returns", number]
    return 42;
  }
  @Topic(reading) undeclaredSend() { // error: a handler returns messages only of topics that it names in { sends: [...] }
    return alert.message({ deviceId: 'x' }, { level: 'hot' });
  }
  @Topic(reading, { sends: [alert] }) otherSend() { // error: a handler returns messages only of topics that it names in { sends: [...] }
    return reading.message({ deviceId: 'x' }, { celsius: 1, at: '' });
  }
  @Topic(reading) forgottenAwait() { // error: "a handler returns nothing, but this one returns", { readonly reasonCode: number; }
    return mqtt.publish(alert.to({ deviceId: 'x' }), { level: 'hot' });
  }

  @Topic(getConfig) async forgotReply({ payload }: Message<typeof getConfig>) { // error: ["this topic has a reply, the handler returns it:", Record<string, string>]
    void payload;
  }
  @Topic(getConfig) wrongReply() { // error: ["the reply of this topic is", Record<string, string>, "but the handler returns", number]
    return 42;
  }
  @Topic(getConfig) maybeReply({ payload }: Message<typeof getConfig>) { // error: "but the handler returns", { a: string; } | undefined]
    return payload.keys.length > 0 ? { a: 'b' } : undefined;
  }
  @Topic(getConfig, { sends: [alert] }) sendsInsteadOfReply() { // error: ["this topic has a reply, messages go through message.publish(); the handler returns", Record<string, string>]
    return alert.message({ deviceId: 'x' }, { level: 'hot' });
  }
  @Topic('time/get', { reply: z.number() }) forgotShortReply() {} // error: ["this topic has a reply, the handler returns it:", number]

  // middleware
  @TenantTopic(reading) wrongTenant({ tenant }: Message<typeof reading> & { tenant: number }) { // error: "tenant": the topic gives", string, "but the handler takes", number
    void tenant;
  }
  @TenantTopic(reading) otherExtension(m: Message<typeof reading> & { user: string }) { // error: a message has no "user"
    void m;
  }

  // patterns and options
  @Topic('a/#/b') badPattern() {} // error: "#" is only allowed as the last level
  @Topic('a/x+/b') gluedWildcard() {} // error: a wildcard must fill a whole level, unlike "x+"
  @Topic('a/+id/b/+id') twice() {} // error: "id" names two wildcards
  @Topic('$share/g/a') shared() {} // error: use the option { share }
  @Topic('') empty() {} // error: it is empty
  @Topic('a', { qos: 3 }) badQoS() {} // error: Type '3' is not assignable to type
  @Topic('a', { payloda: bytes }) misspelledOption() {} // error: Did you mean to write 'payload'?
  @Topic('a/+id', { params: { nope: z.string() } }) unknownParam() {} // error: "nope" is not a parameter of "a/+id"
  @Topic(reading, { payload: bytes }) payloadTwice() {} // error
  @Topic(status) noTopic() {} // error
}
@Controller({ shared: 'workers' }) // error: Did you mean to write 'share'?
class BadController {}

// publishing
void mqtt.publish(reading.to({ device: 'x' }), { celsius: 1, at: '' }); // error: 'device' does not exist
void mqtt.publish(reading.to({ deviceId: 'x' }), { celsius: 'hot', at: '' }); // error: Type 'string' is not assignable to type 'number'
void mqtt.publish('sensors/1/reading', { celsius: 1, at: '' }); // error
void mqtt.request(reading.to({ deviceId: 'x' }), { celsius: 1, at: '' }); // error: this topic has no reply: define it with { reply: schema } to request it
void mqtt.request(getConfig.to({ id: 1 }), { keys: 'a' }); // error: Type 'string' is not assignable to type 'string[]'
void mqtt.request(getConfig.to({ id: 1 }), { keys: [] }, { retain: true }); // error: 'retain' does not exist in type 'RequestOptions'
void mqtt.request(getConfig.to({ id: 1 }), { keys: [] }).then((config) => config.a?.toFixed()); // error: Property 'toFixed' does not exist on type 'string'
void mqtt.clear('sensors/1/reading'); // error

// middleware
Topic.use(needsTenant); // error: Property 'tenant' is missing
Topic.use(async () => ({ status: 'fine', attempts: 1 })); // error: is not assignable to type 'OutcomeStatus'

// functions
const app = createApp({ connection: 'mqtt://localhost', controllers: [SensorController] });
app.on(reading, ({ params }) => void params.device); // error: Property 'device' does not exist
app.on(reading, () => alert.message({ deviceId: 'x' }, { level: 'hot' })); // error
app.on(getConfig, () => {}); // error
app.on(getConfig, () => 1); // error
app.on('a/#/b', () => {}); // error: "#" is only allowed as the last level

// failure policies
otherwise(); // error: Expected 1 arguments, but got 0
otherwise(retry(1), drop(), drop()); // error: a rule is retries, if any, and then one last step
on(TypeError, drop(), retry(1), drop()); // error: a rule is retries, if any, and then one last step
on([TypeError, 'TypeError'], drop()); // error: Type 'string' is not assignable to type 'ErrorMatch'

// options
createApp({ controllers: [SensorController] }); // error: Property 'connection' is missing
createApp({ connection: { url: 'mqtt://localhost', will: alert.to({ deviceId: 'x' }) } }); // error: is not assignable to type 'ContractWill | Will
createApp({ connection: 'mqtt://localhost', controllers: [new ReadingRepo()] }); // error: is not assignable to type 'Class'
createApp({ connection: 'mqtt://localhost', providers: [{ provide: LIMIT }] }); // error

// tests
t.handler(SensorController, 'nope'); // error: '"nope"' is not assignable
void t.deliver(reading.to({ deviceId: 'x' }), { celsius: 'hot', at: '' }); // error: Type 'string' is not assignable to type 'number'
void t.published(alert)[0]?.payload.degree; // error: Property 'degree' does not exist
void Bad;
void BadController;
