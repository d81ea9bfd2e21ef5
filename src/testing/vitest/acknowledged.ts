import type { Acknowledgement } from '../acknowledgements.js';
import type { DeliveryAck } from '../test-device.js';
import { isCount, type MatcherContext, type MatcherResult, result, timesText } from './failure.js';
import type { Times, Topics } from './matchers.js';
import { brokerOrApp, isDelivery, prefixOf, scopeOf } from './subject.js';
import { checkTopics, isOn, onText } from './topics.js';

export function toHaveAcked(
  this: MatcherContext,
  subject: unknown,
  onOrOptions?: Topics | Times,
  options?: Times,
): MatcherResult {
  // Of a delivery the options come first: it has one topic.
  const [on, { times } = {}] = isDelivery(subject)
    ? [undefined, onOrOptions as Times | undefined]
    : [onOrOptions as Topics | undefined, options];
  const acks = acknowledgementsOf('toHaveAcked', subject, on);
  const count = acks.filter(({ reasonCode }) => reasonCode < 0x80).length;
  const wanted = `an acknowledgement below 0x80${onText(on, prefixOf(subject))}${timesText(times)}`;
  // acknowledgementsOf has refused what is no object.
  return result(this, isCount(count, times), subject as object, wanted, acks.map(ackText));
}

export function toHaveRejectedWith(
  this: MatcherContext,
  subject: unknown,
  reasonCode: number,
  on?: Topics,
): MatcherResult {
  if (!(Number.isInteger(reasonCode) && reasonCode >= 0x80 && reasonCode <= 0xff))
    throw new RangeError(`toHaveRejectedWith(${reasonCode}): a rejection has a reason code of 0x80 to 0xff.`);
  const acks = acknowledgementsOf('toHaveRejectedWith', subject, on);
  const pass = acks.some((ack) => ack.reasonCode === reasonCode);
  const wanted = `an acknowledgement with ${hex(reasonCode)}${onText(on, prefixOf(subject))}`;
  // As above.
  return result(this, pass, subject as object, wanted, acks.map(ackText));
}

function acknowledgementsOf(
  matcher: string,
  subject: unknown,
  on: Topics | undefined,
): readonly (DeliveryAck & Partial<Acknowledgement>)[] {
  checkTopics(matcher, on);
  if (isDelivery(subject)) return subject.acks;
  const { broker, isMeant } = scopeOf(brokerOrApp(matcher, subject));
  const prefix = prefixOf(subject);
  return broker.acknowledgements.filter((ack) => isMeant(ack) && isOn(on, ack.topic, prefix));
}

function ackText({
  clientId,
  topic,
  packet,
  reasonCode,
  reasonString,
}: DeliveryAck & Partial<Acknowledgement>): string {
  const parts = [
    clientId,
    packet.toUpperCase(),
    hex(reasonCode),
    topic && `for ${topic}`,
    reasonString && JSON.stringify(reasonString),
  ];
  return parts.filter(Boolean).join(' ');
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}
