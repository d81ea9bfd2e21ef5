import { decode, encode } from '@msgpack/msgpack';
import { type Codec, defineTopic } from 'topicwise';
import { z } from 'zod';

const messagePack: Codec = {
  name: 'MessagePack',
  contentTypes: ['application/msgpack'],
  encode: (value) => encode(value),
  decode: (bytes) => decode(bytes),
};

const payload = z.object({ celsius: z.number() });

export const packed = defineTopic('packed/+id', { payload, codec: messagePack });
/** The content type of a message chooses; a message without one is JSON. */
export const either = defineTopic('either/+id', { payload, codec: ['json', messagePack] });
/** Without a schema: text or bytes as they are. */
export const note = defineTopic('notes/+id', { codec: 'text' });
export const image = defineTopic('images/+id');
