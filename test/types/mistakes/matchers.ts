// Every line marked `// error` is a mistake that the compiler must refuse; the text behind the mark is the reason it must give.
import { defineTopic } from 'topicwise';
import type { Delivery, FakeBroker, TestApp } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';

declare const broker: FakeBroker;
declare const test: TestApp;
declare const delivery: Delivery;
const alert = defineTopic('alerts/+id', { payload: z.object({ level: z.enum(['hot', 'cold']) }) });

// biome-ignore format: a mistake and its mark belong on one line
export function mistakes(): void {
  expect(delivery).toHaveAcked();
  expect(delivery).toHaveAcked('alerts/1'); // error
  expect(delivery).toHaveAcked({ time: 1 }); // error: 'time' does not exist
  expect(delivery).toHavePublished(alert); // error: not callable
  expect(delivery).toHaveSubscribed('a'); // error: not callable
  expect(broker).toHaveAcked(alert, { times: 2 });
  expect(broker).toHaveAcked(7); // error
  expect(42).toHaveAcked(); // error: not callable
  expect(test).toHaveRejectedWith(0x99, alert);
  expect(test).toHaveRejectedWith('0x99'); // error: Argument of type 'string'
  expect(test).toHaveRejectedWith(); // error: Expected 1-2 arguments
  expect(test).toHavePublished(alert, { level: 'hot' });
  expect(test).toHavePublished(alert, { level: 'warm' }); // error
  expect(test).toHavePublished(alert.to({ id: 1 }), { level: 'cold' });
  expect(test).toHavePublished(alert.to({ id: 1 }), { celsius: 1 }); // error
  expect(test).toHavePublished(alert.to({ name: 1 })); // error
  expect(test).toHavePublished('alerts/1', 'hot', { times: 'once' }); // error
  expect(broker).toHaveSubscribed(alert, { qos: 2 });
  expect(broker).toHaveSubscribed(alert, { qos: 3 }); // error: Type '3' is not assignable
  expect(broker).toHaveSubscribed(alert.to({ id: 1 })); // error
  expect(broker).not.toHaveSubscribed('a');

  broker.faults.lose({ cmd: 'publish', nth: 1 });
  broker.faults.lose({ cmd: 'publsh' }); // error: Did you mean '"publish"'
  broker.faults.lose({ command: 'publish' }); // error: 'command' does not exist
  broker.faults.delay({ cmd: 'publish' }); // error: Expected 2 arguments
  broker.faults.delay({ cmd: 'publish' }, 'soon'); // error
  broker.faults.refuse({ cmd: 'puback' }, 0x80); // error
  broker.faults.refuse({ cmd: 'publish', from: 'broker' }, 0x80); // error
  broker.faults.disconnect({ cmd: 'publish' }, { when: 'during' }); // error
}
