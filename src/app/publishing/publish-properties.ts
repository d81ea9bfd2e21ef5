// What a contract makes of a publish beside its bytes: where it goes, and what it says of itself.
import { type Contract, contentTypeFor, type PublishOptions, type Target } from '../../contracts/index.js';
import type { PublishProperties } from '../../packets/packet.js';

/** The topic of a target on the broker. Everything that is published by contract asks here, wills too. */
export function topicOf({ address }: Pick<Target, 'address'>): string {
  return address;
}

/** A contract says it for whoever can: MQTT 3.1.1 has no properties. Asked for in the call, they are refused by the client. */
export function publishProperties(
  { spec }: Contract,
  options: PublishOptions,
  protocol: 4 | 5,
): PublishProperties {
  const isMqtt5 = protocol === 5;
  const {
    contentType = isMqtt5 ? contentTypeFor(spec.codecs) : undefined,
    messageExpiryInterval = isMqtt5 ? spec.messageExpiryInterval : undefined,
    userProperties,
  } = options;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(userProperties !== undefined && { userProperties: [...userProperties] }),
  };
}
