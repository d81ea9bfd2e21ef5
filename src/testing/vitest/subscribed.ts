import type { AnyTopic } from '../../contracts/index.js';
import type { QoS } from '../../packets/packet.js';
import { type MatcherContext, type MatcherResult, result } from './failure.js';
import { brokerOrApp, prefixOf, scopeOf } from './subject.js';
import { filterOf } from './topics.js';

export function toHaveSubscribed(
  this: MatcherContext,
  received: unknown,
  on: string | AnyTopic,
  { qos }: { qos?: QoS } = {},
): MatcherResult {
  const subject = brokerOrApp('toHaveSubscribed', received);
  const { broker, isMeant } = scopeOf(subject);
  const filter = filterOf(on, prefixOf(subject));
  const there = broker.subscriptions.filter(isMeant);
  const pass = there.some((each) => each.filter === filter && (qos === undefined || each.qos === qos));
  const wanted = `a subscription to "${filter}"${qos === undefined ? '' : ` at QoS ${qos}`}`;
  const texts = there.map((each) => `${each.clientId} ${each.filter} at QoS ${each.qos}`);
  return result(this, pass, subject, wanted, texts);
}
