import type { PublishPacket } from '../../packets/packet.js';
import { TopicTrie } from '../../topics/trie.js';
import { compareRank, HeldFilter, type StreamTarget } from './held-filter.js';

const nobody: readonly StreamTarget[] = [];

/**
 * Which streams a message is for. Where it carries subscription identifiers, they say it, and of the copies that some brokers send, one for each
 * matching subscription, a stream gets one: the one of the filter that ranks first among its own. Where it carries none, the topic says it.
 */
export class Routes {
  readonly #filters = new Map<string, HeldFilter>();
  readonly #trie = new TopicTrie<HeldFilter>();
  readonly #isHeldOtherwise: (identifier: number) => boolean;
  #count = 0;

  /** `isHeldOtherwise`: a subscription that no stream holds has this identifier. */
  constructor(isHeldOtherwise: (identifier: number) => boolean) {
    this.#isHeldOtherwise = isHeldOtherwise;
  }

  /** How many filters streams hold. */
  get size(): number {
    return this.#filters.size;
  }

  get(filter: string): HeldFilter | undefined {
    return this.#filters.get(filter);
  }

  hold(request: HeldFilter['request']): HeldFilter {
    const held = new HeldFilter(request, this.#count++);
    this.#filters.set(held.filter, held);
    this.#trie.add(held.topicFilter, held);
    return held;
  }

  drop(held: HeldFilter): void {
    this.#filters.delete(held.filter);
    this.#trie.delete(held.topicFilter, held);
  }

  hasIdentifier(identifier: number): boolean {
    for (const held of this.#filters.values()) if (held.identifiers.includes(identifier)) return true;
    return false;
  }

  /**
   * Whose a message is that an ended stream has not handed out: a stream's that began behind it; else one `had it`, by its own share or copy.
   */
  heirOf({ topic, order }: { topic: string; order: number }): StreamTarget | 'had it' | undefined {
    const matching = this.#trie.match(topic);
    const heir = streamsOf(matching).find(({ since }) => since >= order);
    if (heir) return heir;
    return matching.some(({ request }) => !request.noLocal) ? 'had it' : undefined;
  }

  /** Undefined: not for streams. Empty: a further copy of what its streams have got. */
  route(packet: PublishPacket): readonly StreamTarget[] | undefined {
    const matching = this.#trie.match(packet.topic);
    if (matching.length === 0) return undefined;
    const identifiers = packet.properties?.subscriptionIdentifiers;
    if (!identifiers || identifiers.length === 0) return streamsOf(matching);

    const meant = matching.filter((held) => held.identifiers.some((id) => identifiers.includes(id)));
    if (meant.length === 0) {
      // Of another subscription, or of one that an earlier process made and that says nothing here.
      return identifiers.some((id) => this.#isHeldOtherwise(id)) ? undefined : streamsOf(matching);
    }
    if (matching.length === 1 && matching[0]!.streams.size === 1) return [...matching[0]!.streams]; // by far the most
    const targets = new Set<StreamTarget>();
    for (const held of meant) {
      for (const stream of held.streams) {
        if (held.shared || speakerOf(stream, matching, packet.retain) === held) targets.add(stream);
      }
    }
    return targets.size === 0 ? nobody : [...targets];
  }
}

function streamsOf(matching: readonly HeldFilter[]): readonly StreamTarget[] {
  const targets = new Set<StreamTarget>();
  for (const held of matching) for (const stream of held.streams) targets.add(stream);
  return [...targets];
}

/** Of the stream's filters that match, the one whose copy it gets. A retained message comes only for filters that asked for it. */
function speakerOf(
  stream: StreamTarget,
  matching: readonly HeldFilter[],
  retained: boolean,
): HeldFilter | undefined {
  const own = matching.filter((held) => !held.shared && held.streams.has(stream));
  const asked = retained ? own.filter(({ request }) => request.retainHandling === 'send') : own;
  return (asked.length > 0 ? asked : own).reduce<HeldFilter | undefined>(
    (first, held) => (first && compareRank(first, held) <= 0 ? first : held),
    undefined,
  );
}
