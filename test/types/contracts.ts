// What must compile about contracts; `test/types/mistakes/contracts.ts` has what must not.
import { z } from 'zod';
import type { AckErrorCode as ClientAckErrorCode } from '../../src/client/message.js';
import {
  type AckErrorCode,
  type AnyTopic,
  type Codec,
  defineTopic,
  type FakeMessage,
  type Message,
  type Outgoing,
  type Target,
  type TopicDef,
} from '../../src/contracts/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}
type TypesOf<T> = T extends { readonly '~types'?: infer X } ? NonNullable<X> : never;

const reading = defineTopic('sensors/+deviceId/reading', {
  payload: z.object({ celsius: z.number().default(20), at: z.iso.datetime() }),
  params: { deviceId: z.uuid() },
  qos: 1,
  examples: [{ celsius: 21, at: '2026-01-01T00:00:00Z' }],
});
type Reading = TypesOf<typeof reading>;
same<Reading['params'], { readonly deviceId: string }>(true);
same<Reading['out'], { celsius: number; at: string }>(true);
same<Reading['in'], { at: string; celsius?: number | undefined }>(true);
const target: Target<{ at: string; celsius?: number | undefined }> = reading.to({ deviceId: 7 });
const outgoing: Outgoing<Reading['in']> = reading.message({ deviceId: 'x' }, { at: '' }, { retain: true });

const plain = defineTopic('socks/+id/+/#rest');
same<
  TypesOf<typeof plain>,
  {
    readonly params: { readonly id: string; readonly rest: string };
    readonly in: Uint8Array | string;
    readonly out: Uint8Array;
    readonly replyIn: never;
    readonly replyOut: never;
  }
>(true);
const named = defineTopic('socks/+pair/#rest', { codec: 'text' });
same<TypesOf<typeof named>['out'], string>(true);
named.to({ pair: 1, rest: 'a/b' });
const loose = defineTopic('a/b', { codec: 'json' });
same<TypesOf<typeof loose>['in'], unknown>(true);
loose.to();
loose.message({}, 1);
loose.message(undefined, 1);

const config = defineTopic('devices/+id/config/get', {
  payload: z.object({ keys: z.array(z.string()) }),
  reply: z.object({ values: z.record(z.string(), z.string()), at: z.iso.datetime().default('') }),
});
same<TypesOf<typeof config>['replyIn'], { values: Record<string, string>; at?: string | undefined }>(true);
same<TypesOf<typeof config>['replyOut'], { values: Record<string, string>; at: string }>(true);
const asked: Target<{ keys: string[] }, { values: Record<string, string>; at: string }> = config.to({
  id: 1,
});
const bare = defineTopic('time/get', { reply: z.number() });
same<TypesOf<typeof bare>['in'], Uint8Array | string>(true);
same<TypesOf<typeof bare>['replyOut'], number>(true);

const messagePack: Codec = {
  name: 'MessagePack',
  contentTypes: ['application/msgpack'],
  encode: () => new Uint8Array(),
  decode: (bytes) => bytes,
};
const packed = defineTopic('a', { codec: messagePack });
same<TypesOf<typeof packed>['in'], unknown>(true);
same<TypesOf<typeof packed>['out'], unknown>(true);
const either = defineTopic('a', { codec: ['json', messagePack], payload: z.number() });
same<TypesOf<typeof either>['out'], number>(true);

const faked: FakeMessage<{ readonly deviceId: string }, { celsius: number; at: string }> = reading.fake({
  params: { deviceId: 'x' },
  payload: { at: '' },
  duplicate: true,
});
const asHandlersGetIt: Message<typeof reading> = faked;
bare.fake({ payload: 'x' });
bare.fake({ params: {}, payload: 'x' });
const codes: Same<AckErrorCode, ClientAckErrorCode> = true;

const enumerated = defineTopic('rooms/+floor/+n', {
  params: { floor: z.enum(['ground', 'first']), n: z.coerce.number() },
});
same<
  NonNullable<ReturnType<typeof enumerated.match>>,
  { readonly floor: 'ground' | 'first'; readonly n: number }
>(true);
enumerated.to({ floor: 'ground', n: 3 });
declare const text: string;
const dynamic = defineTopic(text, { params: { any: z.string() } });
dynamic.to({ whatever: 1 });
const prefixed = defineTopic(`${text as 'site' | 'plant'}/+id`, { qos: 0 });
prefixed.to({ id: 1 });
const all: readonly AnyTopic[] = [reading, plain, named, loose, enumerated, dynamic, config, packed];
function payloadOf<P, In, Out, PIn>(topic: TopicDef<P, In, Out, PIn>): Out[] {
  void topic;
  return [];
}
const outs: { celsius: number; at: string }[] = payloadOf(reading);
void [target, outgoing, all, outs, asked, either, asHandlersGetIt, codes];
