// What a dead letter looks like: the bytes and properties of the message as it came, and its story in user properties.
import type { Message as ReceivedMessage } from '../../client/message.js';
import type { PublishProperties, UserProperties } from '../../packets/packet.js';
import { describeThrown } from '../thrown.js';

/** Where dead letters go if the policy names no topic: this, then the topic of the message. */
export const DEAD_LETTER_PREFIX = 'dead-letter/';
/** The user property that every dead letter carries: the topic that its message came on. */
export const DEAD_LETTER_TOPIC = 'dl-topic';

/** Characters of a property that the handler's error brings. */
const LONGEST = 500;

type Letter = Pick<ReceivedMessage, 'topic' | 'userProperties'>;

/** Whether it carries the mark of a dead letter, as it does on MQTT 5. */
export function isMarked({ userProperties }: Pick<Letter, 'userProperties'>): boolean {
  return userProperties.length > 0 && userProperties.some(([name]) => name === DEAD_LETTER_TOPIC);
}

/** The topic of the message that a dead letter is about, with the prefix of the application; undefined where nothing tells. `start`: how dead letters begin whose policy names no topic. */
export function failedTopic(
  { topic, userProperties }: Letter,
  start: string,
  prefix: string,
): string | undefined {
  const told = userProperties.find(([name]) => name === DEAD_LETTER_TOPIC)?.[1];
  if (told !== undefined) return told;
  return topic.startsWith(start) ? prefix + topic.slice(start.length) : undefined;
}

/** What befell a message. */
export interface Story {
  readonly route: string;
  readonly error: unknown;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstSeen: number;
}

/**
 * The properties of a message's dead letter. Everything that the publisher said stays but the expiry: a dead letter must not vanish; how long
 * the message had is told in its story.
 */
export function deadLetterProperties(message: ReceivedMessage, story: Story): PublishProperties {
  const { contentType, responseTopic, correlationData, payloadFormat, messageExpiryInterval } = message;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData }),
    ...(payloadFormat === 'utf8' && { payloadFormat }),
    userProperties: [
      ...message.userProperties,
      ...told(message, story),
      ...(messageExpiryInterval === undefined
        ? []
        : [['dl-message-expiry-interval', `${messageExpiryInterval}`] as const]),
    ],
  };
}

function told(message: ReceivedMessage, { route, error, attempts, firstSeen }: Story): UserProperties {
  const described = describeThrown(error);
  return [
    [DEAD_LETTER_TOPIC, message.topic],
    ['dl-handler', legible(route)],
    ['dl-error', legible(described.name)],
    ['dl-message', legible(described.message)],
    ['dl-attempts', `${attempts}`],
    ['dl-first-seen', new Date(firstSeen).toISOString()],
    ['dl-packet-qos', `${message.qos}`],
  ];
}

/** Legal in MQTT whatever an error says: no control characters, no halves of surrogate pairs [MQTT-1.5.4-1]. */
function legible(text: string): string {
  return text.slice(0, LONGEST).replace(/[\p{Cc}\p{Cs}]/gu, ' ');
}
