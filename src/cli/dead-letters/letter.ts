import { DEAD_LETTER_PREFIX, DEAD_LETTER_TOPIC, failedTopic } from '../../app/policies/dead-letter.js';
import type { Message, PublishProperties, QoS } from '../../client/index.js';

/** A dead letter and its story, as far as it tells it: on MQTT 3.1.1 only the topic is known. */
export interface Letter {
  /** In the order in which the session holds them, from 1. */
  readonly number: number;
  readonly message: Message;
  /** On which its message came; undefined where nothing says it. */
  readonly topic: string | undefined;
  readonly handler: string | undefined;
  /** The name of the error. */
  readonly error: string | undefined;
  /** What the error said. */
  readonly reason: string | undefined;
  readonly attempts: string | undefined;
  readonly firstSeen: string | undefined;
  /** At which its message was delivered. */
  readonly qos: QoS;
  /** The properties of its message as it came. */
  readonly original: PublishProperties;
}

const EXPIRY = 'dl-message-expiry-interval';
const STORY: ReadonlySet<string> = new Set([
  DEAD_LETTER_TOPIC,
  'dl-handler',
  'dl-error',
  'dl-message',
  'dl-attempts',
  'dl-first-seen',
  'dl-packet-qos',
  EXPIRY,
]);

/** `prefix` is the one of the application, with its slash, or empty. */
export function letterOf(message: Message, number: number, prefix: string): Letter {
  const told = new Map(message.userProperties.filter(([name]) => STORY.has(name)));
  return {
    number,
    message,
    topic: failedTopic(message, prefix + DEAD_LETTER_PREFIX, prefix),
    handler: told.get('dl-handler'),
    error: told.get('dl-error'),
    reason: told.get('dl-message'),
    attempts: told.get('dl-attempts'),
    firstSeen: told.get('dl-first-seen'),
    qos: qosOf(told.get('dl-packet-qos')),
    original: originalProperties(message, Number(told.get(EXPIRY))),
  };
}

/** Where it is not told, that of dead letters. */
function qosOf(told: string | undefined): QoS {
  if (told === '0') return 0;
  return told === '2' ? 2 : 1;
}

function originalProperties(message: Message, messageExpiryInterval: number): PublishProperties {
  const { contentType, responseTopic, correlationData, payloadFormat } = message;
  const userProperties = message.userProperties.filter(([name]) => !STORY.has(name));
  return {
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData }),
    ...(payloadFormat === 'utf8' && { payloadFormat }),
    ...(messageExpiryInterval >= 1 && { messageExpiryInterval }),
    ...(userProperties.length > 0 && { userProperties }),
  };
}
