// One row of the fault table: something goes wrong with a message, and the row says all that comes of it.
import {
  type AnyTopic,
  type AppOptions,
  createApp,
  type Duration,
  deadLetter,
  defineTopic,
  type HandlerOptions,
  type OutcomeStatus,
  otherwise,
  type TopicMessage,
} from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { nextTurn } from '../../../src/time/index.js';

export type Handler = (message: TopicMessage<object, string>, t: TestApp) => unknown;

export interface Row {
  /** What goes wrong. */
  readonly fault: string;
  readonly handler?: Handler;
  /** Default: no retry, then the dead letter. */
  readonly errors?: HandlerOptions['errors'];
  readonly options?: HandlerOptions;
  readonly middleware?: AppOptions['middleware'];
  /** Of the topic `t/1`. Default: text. */
  readonly contract?: AnyTopic;
  /** Of the message. Default 1. */
  readonly qos?: 0 | 1 | 2;
  readonly protocol?: 4 | 5;
  /** What is scripted before the message is sent. */
  readonly broker?: (faults: FakeBroker['faults']) => unknown;
  /** Time that passes once all seems to be settled. */
  readonly later?: Duration;

  /** What `deliver` says when all has settled. */
  readonly outcome: OutcomeStatus;
  /** Every packet since the message was sent: `→` from the application, `←` from the broker. */
  readonly wire: string;
  /** Every line of the log since then, with route, topic, attempt and error in brackets. */
  readonly log: readonly string[];
}

export const text = defineTopic('t/1', { codec: 'text' });
export const other = defineTopic('other', { payload: z.object({ ok: z.boolean() }) });

export const failing = (): never => {
  throw new Error('no');
};
export const never = () => new Promise<never>(() => undefined);

const unhandled: unknown[] = [];
const listen = (error: unknown) => void unhandled.push(error);

/** A test for each row, inside the `describe` that calls it: nothing else happens, and no promise is left alone with its error. */
export function defineRows(rows: readonly Row[], what = ''): void {
  for (const row of rows) it(`${what}${row.fault}`, () => check(row));
}

/** Call it in the `describe` of the rows. */
export function watchForUnhandled(): void {
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', listen);
  });
  afterEach(() => void process.off('unhandledRejection', listen));
}

/** Lets it happen, and compares everything that can be seen with the row. */
async function check(row: Row): Promise<void> {
  const { contract = text, qos = 1, protocol = 5, errors = [otherwise(deadLetter())] } = row;
  const app = createApp({
    connection: { url: 'mqtt://nowhere.invalid', clientId: 'app', protocol },
    ...(row.middleware && { middleware: row.middleware }),
  });
  await using broker = new FakeBroker();
  const scene: { t?: TestApp } = {};
  // Some rows do in a handler what the compiler refuses, and every contract of theirs gives it a text.
  app.on(contract as typeof text, (message) => row.handler?.(message, scene.t as TestApp) as undefined, {
    name: 'work',
    errors,
    qos: 2,
    sends: [other],
    ...(row.options as object),
  });
  await using t = await createTestApp(app, { broker, machinePatience: 20 });
  scene.t = t;
  row.broker?.(broker.faults);
  const packets = broker.transcript().length;
  const lines = t.logs.length;
  const { outcome } = await t.deliver(text.to(), 'x', { qos });
  if (row.later !== undefined) await t.clock.advance(row.later);
  await t.settled();
  await nextTurn();
  expect({
    outcome,
    wire: wireOf(broker.transcript().slice(packets)),
    log: t.logs.slice(lines).map(lineOf),
  }).toEqual({ outcome: row.outcome, wire: row.wire, log: row.log });
  expect(broker.faults.unstruck).toEqual([]);
  expect(unhandled).toEqual([]);
}

/** `→ PUBACK 0x00` for `app C→B PUBACK id=1 rc=0x00`. */
function wireOf(transcript: string): string {
  return transcript
    .split('\n')
    .filter((line) => /^app (C→B|B→C) (PUB|DISCONNECT|CONNECT|closed)/.test(line))
    .map((line) =>
      line
        .replace(/^app C→B /, '→ ')
        .replace(/^app B→C /, '← ')
        .replace(/ id=\d+/, '')
        .replace(/(PUBLISH) q\d (\S+)( dup)?.*?( \(.*\))?$/, '$1 $2$3$4')
        .replace(/CONNECT v=.*/, 'CONNECT')
        .replace(/ closed.*/, ' closed')
        .replace(' rc=', ' '),
    )
    .join(', ');
}

function lineOf({ level, message, facts }: TestApp['logs'][number]): string {
  const { route, topic, attempt, error } = facts;
  const told = [
    ...(route === undefined ? [] : [route, topic]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...('error' in facts ? [error instanceof Error ? `${error.name}: ${error.message}` : String(error)] : []),
  ];
  return `${level}: ${message}${told.length > 0 ? ` [${told.join(', ')}]` : ''}`;
}
