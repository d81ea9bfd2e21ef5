// When and how a message is acknowledged, run against every broker: rules 7, 8 and 10 of the framework's semantics.
import {
  AlreadySettledError,
  type App,
  createApp,
  deadLetter,
  defineTopic,
  drop,
  type HandlerOptions,
  type OutcomeStatus,
  otherwise,
  redeliver,
  reject,
  type TopicMessage,
} from 'topicwise';
import { createTestApp, type FakeBroker, type TestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { isAcknowledgement, isCompletion, type Passed, type ReadWire, textOf } from './wire.js';

export interface AcknowledgementUnderTest {
  readonly protocol: 4 | 5;
  /** The address of a real broker, or a fake one for one test. Ask inside a test. */
  broker(): FakeBroker | string;
  readonly read: ReadWire;
}

/** An application on its broker, and what goes between them. */
export interface Started {
  readonly t: TestApp;
  readonly clientId: string;
  readonly broker: FakeBroker | string;
  wire(until?: (wire: readonly Passed[]) => boolean): Promise<readonly Passed[]>;
  /** Everything that the application sent until now. */
  sent(): Promise<readonly string[]>;
}

let applications = 0;

/** Starts an application whose topics begin with its client identifier. */
export async function startUnder(
  { protocol, broker: brokerOf, read }: AcknowledgementUnderTest,
  define: (app: App, clientId: string) => void,
  { clientId = `ack-${protocol}-${process.pid}-${applications++}`, broker = brokerOf() } = {},
): Promise<Started> {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId, protocol } });
  define(app, clientId);
  const t = await createTestApp(app, { broker });
  const wire: Started['wire'] = (until = () => true) => read(broker, clientId, until);
  const fence = defineTopic(`${clientId}-fence`);
  return {
    t,
    clientId,
    broker,
    wire,
    async sent() {
      // What was sent before has arrived when this has.
      await t.app.publisher.publish(fence.to(), '');
      const isFence = ({ topic }: Passed) => topic === fence.pattern;
      const packets = await wire((each) => each.some(isFence));
      return packets.filter(({ way }) => way === '→').map(textOf);
    },
  };
}

export function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

type Text = TopicMessage<{ readonly id: string }, string>;
type Route = [handler: (message: Text) => unknown, options?: HandlerOptions];

/** Routes that come to each of the outcomes, the best first. What is delivered again, they are content with. */
const routes: readonly [OutcomeStatus, Route][] = [
  ['acked', [() => undefined]],
  ['dropped', [failing, { errors: [otherwise(drop())] }]],
  ['dead-lettered', [failing, { errors: [otherwise(deadLetter())] }]],
  ['rejected', [failing, { errors: [otherwise(reject(0x83))] }]],
  ['redeliver', [failing, { errors: [otherwise(redeliver({ after: 1 }))] }]],
  ['held', [() => undefined, { ack: 'manual', timeout: 0 }]],
];
const pairs = routes.flatMap(([worse, route], at) =>
  routes.slice(0, at + 1).map(([better, other]) => ({ better, worse, handlers: [other, route] })),
);

function failing({ duplicate }: Text): void {
  if (!duplicate) throw new Error('no');
}

/** Defines the tests inside the `describe` that calls it. */
export function defineAcknowledgementSuite(under: AcknowledgementUnderTest): void {
  const { protocol } = under;
  const topicOf = (clientId: string) => defineTopic(`${clientId}/+id`, { codec: 'text' });
  const outOf = (clientId: string) => defineTopic(`out/${clientId}`, { codec: 'text' });

  const start = (...handlers: Route[]) =>
    startUnder(under, (app, clientId) => {
      for (const [at, [handler, options]] of handlers.entries())
        app.on(topicOf(clientId), async (message) => void (await handler(message)), {
          name: `handler ${at}`,
          qos: 2,
          ...options,
        });
    });
  const acks =
    ({ length }: { readonly length: number }) =>
    (wire: readonly Passed[]) =>
      wire.filter(isAcknowledgement).length >= length;

  it.each(pairs)(
    'rule 7: one acknowledgement for all routes, the worst outcome wins: $better and $worse are $worse',
    async ({ worse, handlers }) => {
      const { t, clientId, wire, sent } = await start(...handlers);
      await using _ = t;
      const isRefused = worse === 'rejected' && protocol === 5;
      const code = isRefused ? '0x83' : '0x00';
      for (const qos of [1, 2] as const) {
        const { outcome } = await t.deliver(topicOf(clientId).to({ id: qos }), 'x', { qos });
        if (worse !== 'redeliver') expect(outcome).toBe(worse);
      }
      const last = isRefused ? isAcknowledgement : isCompletion; // after PUBREC the broker still has its say
      if (worse !== 'held') await wire((seen) => acks({ length: 2 })(seen) && seen.some(last));
      const packets = (await sent()).filter((packet) => /CONNECT|PUBACK|PUBREC|PUBCOMP/.test(packet));
      const connects = packets.filter((packet) => packet.includes('CONNECT'));
      expect(packets.filter((packet) => !packet.includes('CONNECT'))).toEqual(
        worse === 'held' ? [] : [`→ PUBACK ${code}`, '→ PUBREC', ...(isRefused ? [] : ['→ PUBCOMP'])],
      );
      expect(connects.length > 1).toBe(worse === 'redeliver');
    },
  );

  it.each([
    [1, 'PUBACK 0x00'],
    [2, 'PUBREC'],
  ] as const)('rule 7: QoS %i: %s leaves once the last of the routes is done', async (qos, packet) => {
    const slow = gate();
    const begun = gate();
    const waiting = () => {
      begun.open();
      return slow.promise;
    };
    const { t, clientId, wire, sent } = await start([() => undefined], [waiting], [() => undefined]);
    await using _ = t;
    const delivery = t.deliver(topicOf(clientId).to({ id: 1 }), 'x', { qos });
    await begun.promise;
    expect(await sent()).toEqual(['→ CONNECT', `→ PUBLISH ${clientId}-fence`]);
    slow.open();
    expect(await delivery).toMatchObject({ outcome: 'acked' });
    const all = (await wire(acks({ length: 1 }))).map(textOf);
    expect(all).toContain(`→ ${packet}`);
  });

  it.each([
    ['published and did not wait for', 1, 'PUBACK 0x00'],
    ['published and did not wait for', 2, 'PUBREC'],
    ['returned', 1, 'PUBACK 0x00'],
    ['returned', 2, 'PUBREC'],
  ] as const)(
    'rule 7: what the handler %s is acknowledged before its message is: QoS %i',
    async (how, qos, packet) => {
      const { t, clientId, wire } = await startUnder(under, (app, clientId) => {
        const out = outOf(clientId);
        const both = [out.message(undefined, 'one'), out.message(undefined, 'two')];
        const publishing = (message: Text) => {
          void message.publish(out.to(), 'one');
          void message.publish(out.to(), 'two');
        };
        if (how === 'returned') app.on(topicOf(clientId), () => both, { qos: 2, sends: [out] });
        else app.on(topicOf(clientId), publishing, { qos: 2 });
      });
      await using _ = t;
      expect(await t.deliver(topicOf(clientId).to({ id: 1 }), 'x', { qos })).toMatchObject({
        outcome: 'acked',
      });
      const after = (await wire(acks({ length: 1 })))
        .map(textOf)
        .filter((text) => /^(→ PUB(LISH|ACK|REC)|← PUBACK)/.test(text));
      const out = `→ PUBLISH out/${clientId}`;
      expect(after.toSorted()).toEqual([out, out, '← PUBACK', '← PUBACK', `→ ${packet}`].toSorted());
      expect(after.at(-1)).toBe(`→ ${packet}`);
    },
  );

  it('rule 8: acknowledgements leave in the order of the messages, each QoS on its own, however their handlers end', async () => {
    const gates = new Map(['1', '2', '3', '4'].map((id) => [id, gate()]));
    const begun: string[] = [];
    const all = gate();
    const handler = async ({ params }: Text) => {
      begun.push(params.id);
      if (begun.length === gates.size) all.open();
      await gates.get(params.id)?.promise;
    };
    const { t, clientId, wire, sent } = await start([handler]);
    await using _ = t;
    const deliveries: Promise<unknown>[] = [];
    for (const id of gates.keys()) {
      const qos = id === '3' ? 2 : 1;
      deliveries.push(t.deliver(topicOf(clientId).to({ id }), 'x', { qos }));
    }
    await all.promise;
    const ids = (packets: readonly Passed[], packet: string, way: string) =>
      packets.filter((each) => each.packet === packet && each.way === way).map(({ id }) => id);
    const arrived = (await wire()).filter(({ packet, way }) => packet === 'PUBLISH' && way === '←');
    const atQoS1 = arrived.filter(({ topic }) => topic !== `${clientId}/3`).map(({ id }) => id);
    const first = arrived[0]?.topic?.slice(-1) ?? '';
    // The oldest at QoS 1 holds back the others, but not the one at QoS 2.
    const oldest = first === '3' ? (arrived[1]?.topic?.slice(-1) ?? '') : first;
    for (const [id, { open }] of gates) if (id !== oldest) open();
    await wire(acks({ length: 1 }));
    expect((await sent()).filter((text) => /PUBACK|PUBREC/.test(text))).toEqual(['→ PUBREC']);
    gates.get(oldest)?.open();
    await Promise.all(deliveries);
    expect(ids(await wire(acks({ length: 4 })), 'PUBACK', '→')).toEqual(atQoS1);
  });

  it('rule 10: a manual handler that returns without settling is warned of, with route and age, and has failed after its timeout', async () => {
    const { t, clientId, wire } = await start([
      () => undefined,
      { ack: 'manual', timeout: '20ms', errors: [otherwise(reject(0x83))] },
    ]);
    await using _ = t;
    expect(await t.deliver(topicOf(clientId).to({ id: 1 }), 'x')).toMatchObject({ outcome: 'held' });
    expect(t.logs.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        message: expect.stringContaining("ack: 'manual' returned without ack() or reject()"),
        facts: { route: 'handler 0', topic: `${clientId}/1`, ageMs: expect.any(Number) },
      },
    ]);
    if (typeof under.broker() !== 'string') await t.clock.advance('20ms');
    const [ack] = (await wire(acks({ length: 1 }))).filter(isAcknowledgement);
    expect(ack?.code).toBe(protocol === 5 ? 0x83 : 0);
    expect(t.logs.at(-1)).toMatchObject({
      level: 'error',
      facts: { route: 'handler 0', error: { name: 'HandlerTimeoutError' } },
    });
  });

  it('rule 10: ack() in an automatic route acknowledges early', async () => {
    const slow = gate();
    const early = async (message: Text) => {
      await message.ack();
      await slow.promise;
    };
    const { t, clientId, wire } = await start([early]);
    await using _ = t;
    const delivery = t.deliver(topicOf(clientId).to({ id: 1 }), 'x');
    const wired = await wire(acks({ length: 1 }));
    expect(wired.filter(isAcknowledgement).map(textOf)).toEqual(['→ PUBACK 0x00']);
    slow.open();
    expect(await delivery).toMatchObject({ outcome: 'acked', attempts: 1 });
  });

  it.each([
    ['ack', 'reject', 'PUBACK 0x00'],
    ['reject', 'ack', protocol === 5 ? 'PUBACK 0x80' : 'PUBACK 0x00'],
  ] as const)('rule 10: %s() twice is once, and %s() after it is an error', async (said, other, packet) => {
    const errors: unknown[] = [];
    const handler = async (message: Text) => {
      await message[said]();
      await message[said]();
      await message[other]().catch((error) => errors.push(error));
    };
    const { t, clientId, sent } = await start([handler, { ack: 'manual' }]);
    await using _ = t;
    await t.deliver(topicOf(clientId).to({ id: 1 }), 'x');
    expect(errors).toEqual([expect.any(AlreadySettledError)]);
    expect((await sent()).filter((text) => text.includes('PUBACK'))).toEqual([`→ ${packet}`]);
  });
}
