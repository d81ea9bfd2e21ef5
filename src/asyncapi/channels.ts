// Channels: the topics that contracts name. Contracts of one address share a channel.
import type { Contract } from '../contracts/index.js';
import { type Address, addressOf, parametersOf } from './address.js';
import type { Description } from './description.js';
import { contentOf, errorReplyOf, type MessageContent, messageOf, replyMessageOf } from './messages.js';
import { inOrder, keyOf, Names } from './names.js';
import { SchemaBook } from './schema-book.js';

/** Where the messages of a contract are found in the document. */
export interface Place {
  readonly channel: string;
  readonly message: string;
  /** The channel of the replies, and the messages on it. */
  readonly reply: { readonly channel: string; readonly messages: readonly string[] } | undefined;
}

export interface Channels {
  readonly channels: Record<string, object>;
  readonly messages: Record<string, object>;
  readonly schemas: Record<string, object>;
  readonly places: ReadonlyMap<Contract, Place>;
}

const ERROR_REPLY = 'errorReply';

export function channelsOf(description: Description, findings: string[]): Channels {
  return new ChannelBook(description, findings).write();
}

/** Those that share an address. */
interface Neighbours {
  readonly address: Address;
  readonly contracts: Contract[];
}

class ChannelBook {
  readonly #description: Description;
  readonly #findings: string[];
  readonly #channelNames = new Names();
  readonly #messageNames = new Names();
  readonly #schemas = new SchemaBook();
  readonly #channels = new Map<string, object>();
  readonly #messages = new Map<string, object>();
  readonly #places = new Map<Contract, Place>();

  constructor(description: Description, findings: string[]) {
    this.#description = description;
    this.#findings = findings;
    if (description.errorReply) this.#messageNames.claim(ERROR_REPLY);
  }

  write(): Channels {
    // In the order of the addresses, so that names don't hang on the order of the handlers.
    for (const [, neighbours] of Object.entries(inOrder(this.#byAddress()))) this.#writeChannel(neighbours);
    return {
      channels: inOrder(this.#channels),
      messages: inOrder(this.#messages),
      schemas: this.#schemas.schemas,
      places: this.#places,
    };
  }

  #byAddress(): Map<string, Neighbours> {
    const { receives, sends = [], prefix } = this.#description;
    const contracts = new Set([...receives.flatMap((each) => [each.contract, ...each.sends]), ...sends]);
    const byAddress = new Map<string, Neighbours>();
    for (const contract of contracts) {
      const address = addressOf(contract, prefix);
      const known = byAddress.get(address.address);
      if (known) known.contracts.push(contract);
      else byAddress.set(address.address, { address, contracts: [contract] });
    }
    return byAddress;
  }

  #writeChannel({ address, contracts }: Neighbours): void {
    const key = this.#channelNames.claim(keyOf(address.bare));
    const kinds = this.#kindsOf(contracts);
    const names = kinds.map((kind) => this.#writeMessage(key, kind));
    const { title, description } = kinds[0]?.content ?? {};
    const receives = this.#description.receives.filter(({ contract }) => contracts.includes(contract));
    const bounds = receives.map(({ bound }) => bound);
    const parameters = parametersOf(address, contracts, bounds, this.#findings);
    this.#channels.set(key, {
      address: address.address,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      messages: references(names),
      ...(Object.keys(parameters).length > 0 && { parameters }),
      'x-filter': address.filter,
    });
  }

  /** Contracts that say the same of their messages are one kind; the kinds in an order that does not hang on that of the handlers. */
  #kindsOf(contracts: readonly Contract[]): { content: MessageContent; contracts: Contract[] }[] {
    const kinds = new Map<string, { content: MessageContent; contracts: Contract[] }>();
    for (const contract of contracts) {
      const content = contentOf(contract, this.#findings);
      const said = JSON.stringify(content);
      const known = kinds.get(said);
      if (known) known.contracts.push(contract);
      else kinds.set(said, { content, contracts: [contract] });
    }
    return Object.values(inOrder(kinds));
  }

  #writeMessage(
    channel: string,
    { content, contracts }: { content: MessageContent; contracts: readonly Contract[] },
  ): string {
    const name = this.#messageNames.claim(channel);
    this.#messages.set(name, messageOf(content, name, this.#schemas));
    const reply = content.reply && this.#writeReply(name, content.reply);
    for (const contract of contracts) this.#places.set(contract, { channel, message: name, reply });
    return name;
  }

  #writeReply(request: string, reply: NonNullable<MessageContent['reply']>): NonNullable<Place['reply']> {
    const { errorReply } = this.#description;
    const name = this.#messageNames.claim(`${request}Reply`);
    this.#messages.set(name, replyMessageOf(reply, name, this.#schemas));
    if (errorReply) this.#messages.set(ERROR_REPLY, errorReplyOf(ERROR_REPLY, errorReply));
    const messages = errorReply ? [name, ERROR_REPLY] : [name];
    const channel = this.#channelNames.claim(`${request}Reply`);
    this.#channels.set(channel, {
      address: null,
      description: 'The topic that the request names as its response topic.',
      messages: references(messages),
    });
    return { channel, messages };
  }
}

function references(names: readonly string[]): Record<string, object> {
  return inOrder(names.map((name) => [name, { $ref: `#/components/messages/${name}` }] as const));
}
