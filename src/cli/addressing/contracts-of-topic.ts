import type { AnyTopic } from '../../contracts/index.js';
import { InvalidMessage, parseParams } from '../../contracts/index.js';
import { covers } from '../../topics/index.js';

export interface TopicMatch {
  readonly name: string;
  readonly contract: AnyTopic;
  /** As they stand in the topic. */
  readonly params: Readonly<Record<string, string>>;
  /** Why one does not fit its schema. */
  readonly wrongParams?: string;
}

/** The contracts that a topic belongs to, those that say more about it first: `socks/+id` before `socks/#`. `topic` is without the prefix. */
export function contractsOfTopic(topic: string, contracts: ReadonlyMap<string, AnyTopic>): TopicMatch[] {
  const found: TopicMatch[] = [];
  for (const [name, contract] of contracts) {
    const params = contract['~pattern'].match(topic);
    if (params === undefined) continue;
    const match = { name, contract, params, ...whyWrong(contract, topic) };
    const place = found.findIndex(({ contract: other }) => saysMore(contract, other));
    found.splice(place === -1 ? found.length : place, 0, match);
  }
  return found;
}

function saysMore(one: AnyTopic, other: AnyTopic): boolean {
  if (one.filter !== other.filter) return covers(other.filter, one.filter);
  return one.spec.payload !== undefined && other.spec.payload === undefined;
}

function whyWrong(contract: AnyTopic, topic: string): Pick<TopicMatch, 'wrongParams'> {
  try {
    parseParams(contract, topic);
    return {};
  } catch (error) {
    if (error instanceof InvalidMessage) return { wrongParams: error.message };
    throw error;
  }
}
