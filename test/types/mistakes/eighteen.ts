// The eighteen mistakes that the framework promises to refuse. Every line marked `// error` is one; the text behind the mark is the reason it must give.
import {
  Controller,
  deadLetter,
  defineTopic,
  Inject,
  type Message,
  on,
  otherwise,
  type Publisher,
  retry,
  Topic,
} from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { z } from 'zod';
import { alert, app, getConfig, ReadingRepo, reading, SensorController } from '../example.js';

declare const mqtt: Publisher;

// biome-ignore format: a decorator and its mark belong on one line
@Controller()
class Bad {
  constructor(@Inject(ReadingRepo) private wrongToken: Date) { // error: the injected type does not fit this constructor parameter
    void this.wrongToken;
  }
  @Topic(reading) misspelledParam({ params }: { params: { device: string } }) { // error: "device" is not a parameter of this topic
    void params;
  }
  @Topic(reading) wrongPayload({ payload }: { payload: { celsius: string } }) { // error: "payload": the topic gives", { celsius: number; at: string; }, "but the handler takes", { celsius: string; }]
    void payload;
  }
  @Topic(getConfig) async forgotReply({ payload }: Message<typeof getConfig>) { // error: ["this topic has a reply, the handler returns it:", Record<string, string>]
    void payload;
  }
  @Topic(reading) async returnsSomething() { // error: ["a handler returns nothing, but this one returns", number]
    return 42;
  }
  @Topic(reading) undeclaredSend() { // error: a handler returns messages only of topics that it names in { sends: [...] }
    return alert.message({ deviceId: 'x' }, { level: 'hot' });
  }
  @Topic('socks/+pair/status') otherPattern(m: Message<'socks/+sock/status'>) { // error: "sock" is not a parameter of "socks/+pair/status"
    void m;
  }
  @Topic(reading) needsTenant(m: Message<typeof reading> & { tenant: string }) { // error: a message has no "tenant"
    void m;
  }
  @Topic('a/#/b') badPattern() {} // error: Invalid topic pattern: "#" is only allowed as the last level
}
defineTopic('a/x+/b'); // error: Invalid topic pattern: a wildcard must fill a whole level, unlike "x+"
defineTopic('a/+id/b/+id'); // error: Invalid topic pattern: "id" names two wildcards
defineTopic('$share/g/a'); // error: Invalid topic pattern: use the option { share } instead of writing "$share/"
defineTopic('a/+id', { params: { nope: z.string() } }); // error: "nope" is not a parameter of "a/+id"
void mqtt.publish(reading.to({ device: 'x' }), { celsius: 1, at: '' }); // error: 'device' does not exist in type '{ readonly deviceId: string | number; }'
void mqtt.publish(reading.to({ deviceId: 'x' }), { celsius: 'hot', at: '' }); // error: Type 'string' is not assignable to type 'number'
on(TypeError, retry(3)); // error: a rule is retries, if any, and then one last step: deadLetter(), reject(), drop(), redeliver(), pause() or stop()
otherwise(deadLetter(), retry(1)); // error: a rule is retries, if any, and then one last step
const t = await createTestApp(app);
t.handler(SensorController, 'nope'); // error: Argument of type '"nope"' is not assignable to parameter of type 'HandlerName<SensorController>'
void Bad;
