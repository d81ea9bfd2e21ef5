// Operations: what the application does with the messages of a channel, seen from the application.
import type { Contract, QoS } from '../contracts/index.js';
import type { Place } from './channels.js';
import type { Description, Receiving } from './description.js';
import { inOrder, Names } from './names.js';

export function operationsOf(
  { receives, sends = [] }: Description,
  places: ReadonlyMap<Contract, Place>,
): Record<string, object> {
  const names = new Names();
  const operations: [string, object][] = [];
  for (const received of receives) {
    const { name, contract, tags } = received;
    const key = names.claim(operationKeyOf(name));
    operations.push([key, receiveOf(received, key, placed(contract, places))]);
    for (const sent of new Set(received.sends)) {
      const place = placed(sent, places);
      const summary = `What ${name} returns.`;
      operations.push([
        names.claim(`${key}.sends.${place.message}`),
        { ...base('send', place), summary, ...tagged(tags), ...bound(sent, sent.spec.qos) },
      ]);
    }
  }
  for (const sent of new Set(sends)) {
    const place = placed(sent, places);
    const operation = { ...base('send', place), ...replied(place), ...bound(sent, sent.spec.qos) };
    operations.push([names.claim(`sends.${place.message}`), operation]);
  }
  return inOrder(operations);
}

function receiveOf(
  { name, contract, qos, share, summary, tags }: Receiving,
  key: string,
  place: Place,
): object {
  return {
    ...base('receive', place),
    ...(name !== key && { title: name }),
    ...(summary !== undefined && { summary }),
    ...tagged(tags),
    ...replied(place),
    ...bound(contract, qos),
    ...(share !== undefined && { 'x-share': share }),
  };
}

function base(action: 'send' | 'receive', { channel, message }: Place): object {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: [{ $ref: `#/channels/${channel}/messages/${message}` }],
  };
}

function replied({ reply }: Place): object {
  if (!reply) return {};
  return {
    reply: {
      address: {
        description: 'The response topic of the request (MQTT 5).',
        location: '$message.header#/responseTopic',
      },
      channel: { $ref: `#/channels/${reply.channel}` },
      messages: reply.messages.map((name) => ({ $ref: `#/channels/${reply.channel}/messages/${name}` })),
    },
  };
}

function tagged(tags: readonly string[]): object {
  return tags.length > 0 ? { tags: [...new Set(tags)].map((name) => ({ name })) } : {};
}

/** How a message is published, and the highest QoS at which it is received. */
function bound({ spec }: Contract, qos: QoS): object {
  const { retain, messageExpiryInterval } = spec;
  return {
    bindings: {
      mqtt: {
        qos,
        ...(retain && { retain }),
        ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
        bindingVersion: '0.2.0',
      },
    },
  };
}

/** Handlers may be called anything; keys have letters, digits, `_`, `.` and `-`. */
function operationKeyOf(name: string): string {
  return name.replace(/[^\w.-]+/g, '_').replace(/^_|_$/g, '') || 'handler';
}

function placed(contract: Contract, places: ReadonlyMap<Contract, Place>): Place {
  return places.get(contract) as Place; // every contract of the description has its place
}
