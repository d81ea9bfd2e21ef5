// How a value becomes bytes: three ways that are built in, and those of the user's.

/** JSON in UTF-8, text in UTF-8, or bytes as they are. */
export type CodecName = 'json' | 'text' | 'bytes';

/**
 * A way of the user's to turn values into bytes, such as MessagePack or CBOR. It stands in the contract itself, so that whoever shares the contract has it:
 * `const messagePack: Codec = { name: 'MessagePack', contentTypes: ['application/msgpack'], encode, decode }`.
 */
export interface Codec {
  /** How errors and documentation call it. */
  readonly name: string;
  /**
   * The media types by which a message says that it is encoded so, without parameters. The first is what a publish says on MQTT 5. With an empty list nothing
   * is said, and any message is taken for its own.
   */
  readonly contentTypes: readonly string[];
  /** New bytes for a value, at once. What it throws makes the value an `InvalidMessage`. */
  encode(value: unknown): Uint8Array;
  /** The value of these bytes, at once. What it throws makes the message an `InvalidMessage`. */
  decode(bytes: Uint8Array): unknown;
}

/** A codec by its name, or one of the user's. */
export type AnyCodec = CodecName | Codec;

/** One codec, or several that are told apart by the content type of the message: the first encodes, and decodes what no other claims. */
export type CodecChoice = AnyCodec | readonly AnyCodec[];

/** The codec that claims the content type, else the first of the list. */
export function codecFor(codecs: readonly AnyCodec[], contentType: string | undefined): AnyCodec {
  // A contract has at least one: it was checked when it was defined.
  const first = codecs[0] as AnyCodec;
  if (contentType === undefined || codecs.length === 1) return first;
  const mediaType = mediaTypeOf(contentType);
  return codecs.find((codec) => claims(codec, mediaType)) ?? first;
}

const mediaTypes: Readonly<Record<CodecName, string>> = {
  json: 'application/json',
  text: 'text/plain',
  bytes: 'application/octet-stream',
};

/** What a message says that is encoded by the codec that `asked` chooses. A built-in one says nothing where it is the first: it is what everybody expects. */
export function contentTypeFor(codecs: readonly AnyCodec[], asked?: string): string | undefined {
  const codec = codecFor(codecs, asked);
  if (typeof codec === 'object') return codec.contentTypes[0];
  return codec === codecs[0] ? undefined : mediaTypes[codec];
}

/** Whether a message that calls itself so may be in the codec, on which the contract has settled. Text and bytes are what they are, whatever they are called. */
export function accepts(codec: AnyCodec, contentType: string): boolean {
  if (codec === 'bytes' || codec === 'text') return true;
  const mediaType = mediaTypeOf(contentType);
  // Text is what many devices call their JSON.
  if (codec === 'json') return claims(codec, mediaType) || mediaType.startsWith('text/');
  // "Some bytes" says nothing against it.
  return codec.contentTypes.length === 0 || mediaType === mediaTypes.bytes || claims(codec, mediaType);
}

export function nameOf(codec: AnyCodec): string {
  return typeof codec === 'object' ? codec.name : codec;
}

/** What is wrong with the option `codec`, as the end of a sentence about its topic. */
export function wrongCodec(codecs: readonly unknown[]): string | undefined {
  if (codecs.length === 0) return 'has an empty list of codecs: name at least one';
  for (const codec of codecs) {
    if (codec === 'json' || codec === 'text' || codec === 'bytes' || isCodec(codec)) continue;
    const shown = typeof codec === 'string' ? `the codec "${codec}"` : 'a codec that is none';
    return `has ${shown}: it is "json", "text", "bytes" or an object { name, contentTypes, encode, decode }`;
  }
  return undefined;
}

function isCodec(value: unknown): value is Codec {
  if (typeof value !== 'object' || value === null) return false;
  const { name, contentTypes, encode, decode } = value as Partial<Codec>; // the very thing that is checked
  return (
    typeof name === 'string' &&
    Array.isArray(contentTypes) &&
    contentTypes.every((type) => typeof type === 'string') &&
    typeof encode === 'function' &&
    typeof decode === 'function'
  );
}

function claims(codec: AnyCodec, mediaType: string): boolean {
  if (codec === 'json') return /json\b/.test(mediaType);
  if (codec === 'text') return mediaType.startsWith('text/');
  if (codec === 'bytes') return mediaType === mediaTypes.bytes;
  return codec.contentTypes.some((type) => type.toLowerCase() === mediaType);
}

/** `application/senml+json` of `Application/SenML+JSON; charset=utf-8`. */
function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase(); // split gives at least one
}
