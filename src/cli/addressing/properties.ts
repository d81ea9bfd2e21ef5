import { publishProperties } from '../../app/publishing/publish-properties.js';
import { Failure } from '../command.js';
import type { MessageGiven } from './options.js';
import type { Subject } from './subject.js';

/** What goes out beside the bytes: what the words say, then what the contract says. Throws a Failure for what MQTT 3.1.1 can't say. */
export function propertiesOf(
  { target }: Subject,
  given: Pick<MessageGiven, 'property' | 'content-type' | 'expiry'>,
  protocolVersion: 4 | 5,
) {
  const said = {
    ...(given['content-type'] !== undefined && { contentType: given['content-type'] }),
    ...(given.expiry !== undefined && { messageExpiryInterval: given.expiry }),
    ...(given.property.length > 0 && { userProperties: given.property }),
  };
  if (protocolVersion === 4 && Object.keys(said).length > 0)
    throw new Failure('MQTT 3.1.1 has no properties: leave --property, --content-type and --expiry out.');
  return target === undefined ? said : publishProperties(target.contract, said, protocolVersion);
}
