// What a message says beside its payload, as words and as fields.
import type { Message } from '../../client/index.js';

export type ShownMessage = Pick<
  Message,
  | 'topic'
  | 'payload'
  | 'qos'
  | 'retain'
  | 'duplicate'
  | 'payloadFormat'
  | 'messageExpiryInterval'
  | 'contentType'
  | 'responseTopic'
  | 'correlationData'
  | 'userProperties'
>;

/** Words for people, in the order of their weight. */
export function factsOf(message: ShownMessage): string[] {
  const { qos, retain, duplicate, messageExpiryInterval, contentType, responseTopic, correlationData } =
    message;
  return [
    `QoS ${qos}`,
    ...(retain ? ['retained'] : []),
    ...(duplicate ? ['duplicate'] : []),
    ...(contentType !== undefined ? [`content type ${contentType}`] : []),
    ...(messageExpiryInterval !== undefined ? [`expires in ${messageExpiryInterval} s`] : []),
    ...(responseTopic !== undefined ? [`response topic ${responseTopic}`] : []),
    ...(correlationData !== undefined ? [`correlation data ${hex(correlationData)}`] : []),
    ...message.userProperties.map(([name, value]) => `${name}=${value}`),
  ];
}

/** Fields for programs; bytes are hexadecimal digits. */
export function propertyFields(message: Omit<ShownMessage, 'payload' | 'topic'>): Record<string, unknown> {
  const {
    payloadFormat,
    messageExpiryInterval,
    contentType,
    responseTopic,
    correlationData,
    userProperties,
  } = message;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(payloadFormat === 'utf8' && { payloadFormat }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: hex(correlationData) }),
    ...(userProperties.length > 0 && { userProperties }),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
