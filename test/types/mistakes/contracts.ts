// Every line marked `// error` is a mistake that the compiler must refuse; the text behind the mark is the reason it must give.
import { z } from 'zod';
import { defineTopic, type Target } from '../../../src/contracts/index.js';
import { parsePattern } from '../../../src/topics/index.js';

const reading = defineTopic('sensors/+deviceId/reading', {
  payload: z.object({ celsius: z.number(), at: z.iso.datetime() }),
  params: { deviceId: z.uuid() },
});
const status = defineTopic('status');
const room = defineTopic('rooms/+floor', { params: { floor: z.enum(['ground', 'first']) } });
declare function publish<In>(to: Target<In>, payload: NoInfer<In>): void;

// patterns
defineTopic(''); // error: it is empty
defineTopic('a/#/b'); // error: "#" is only allowed as the last level
defineTopic('a/#rest/b'); // error: "#" is only allowed as the last level
defineTopic('a/x+/b'); // error: a wildcard must fill a whole level, unlike "x+"
defineTopic('a/x#'); // error: a wildcard must fill a whole level, unlike "x#"
defineTopic('a/+x+/b'); // error: a wildcard's name has letters, digits and "_" only, unlike "+x+"
defineTopic('a/+device-id/b'); // error: a wildcard's name has letters, digits and "_" only, unlike "+device-id"
defineTopic('a/#{rest}'); // error: a wildcard's name has letters, digits and "_" only, unlike "#{rest}"
defineTopic('a/+id/b/+id'); // error: "id" names two wildcards
defineTopic('a/+id/#id'); // error: "id" names two wildcards
defineTopic('$share/g/a'); // error: use the option { share }
defineTopic('a/#b/+c'); // error: "#" is only allowed as the last level
parsePattern('a/#/b'); // error: "#" is only allowed as the last level

// options
defineTopic('a/+id', { params: { nope: z.string() } }); // error: "nope" is not a parameter of "a/+id"
defineTopic('a/+id', { params: { id: z.string(), nope: z.string() } }); // error: "nope" is not a parameter of "a/+id"
defineTopic('a/+id', { params: { id: z.number() } }); // error: a topic level is text
defineTopic('a/+id', { params: { id: 'uuid' } }); // error
defineTopic('a', { qos: 3 }); // error: Type '3' is not assignable to type 'QoS | undefined'
defineTopic('a', { codec: 'cbor' }); // error: Type '"cbor"' is not assignable to type 'CodecChoice | undefined'
defineTopic('a', { payload: { celsius: 'number' } }); // error: 'celsius' does not exist in type 'StandardSchemaV1
defineTopic('a', { codec: ['json', 'cbor'] }); // error: Type '"cbor"' is not assignable to type
defineTopic('a', { codec: { name: 'cbor' } }); // error: is not assignable to type 'CodecChoice | undefined'
defineTopic('a', { reply: { celsius: 'number' } }); // error: 'celsius' does not exist in type 'StandardSchemaV1
defineTopic('a', { payloda: z.string() }); // error: Did you mean to write 'payload'?
defineTopic('a', { payload: z.number(), examples: ['hot'] }); // error: Type 'string' is not assignable to type 'number'
defineTopic('a', { messageExpiryInterval: '5m' }); // error: Type 'string' is not assignable to type 'number'

// building topics
reading.to({ device: 'x' }); // error: 'device' does not exist in type '{ readonly deviceId: string | number; }'
reading.to({}); // error: Property 'deviceId' is missing
reading.to(); // error: Expected 1 arguments, but got 0
status.to({ id: 1 }); // error: Type 'number' is not assignable to type 'never'
room.to({ floor: 'third' }); // error: Type '"third"' is not assignable to type
defineTopic('a/+/b').to({}); // error: name every wildcard of the pattern
parsePattern('a/+id').build({ di: 1 }); // error: 'di' does not exist

// payloads
publish(reading.to({ deviceId: 'x' }), { celsius: 'hot', at: '' }); // error: Type 'string' is not assignable to type 'number'
reading.message({ deviceId: 'x' }, { celsius: 1 }); // error: Property 'at' is missing
publish(status.to(), 42); // error: Argument of type 'number' is not assignable to parameter of type 'string | Uint8Array
publish(reading, { celsius: 1, at: '' }); // error: is missing the following properties from type 'Target
reading.match('sensors/1/reading')?.device; // error: Property 'device' does not exist

// fake messages
reading.fake({ params: { deviceId: 'x' }, payload: { celsius: 'hot', at: '' } }); // error: Type 'string' is not assignable to type 'number'
reading.fake({ params: { device: 'x' }, payload: { celsius: 1, at: '' } }); // error: 'device' does not exist
reading.fake({ payload: { celsius: 1, at: '' } }); // error: Property 'params' is missing
reading.fake({ params: { deviceId: 'x' }, payload: { celsius: 1, at: '' } }).payload.degree; // error: Property 'degree' does not exist
defineTopic('a/+/b').fake({ params: {}, payload: '' }); // error: name every wildcard of the pattern
