// What a contract says of a publish beside its bytes.
import { type Contract, contentTypeFor, type PublishOptions } from '../../contracts/index.js';
import type { PublishProperties } from '../../packets/packet.js';

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
