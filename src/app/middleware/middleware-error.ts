/** A middleware that does not do its part: it returned nothing, or called `next()` twice. The message, or what was to be published, has failed with it. */
export class MiddlewareError extends Error {
  override readonly name = 'MiddlewareError';
}

/** How a sentence begins that is about a middleware. */
export function nameOf({ name }: { readonly name: string }): string {
  return name ? `The middleware ${name}` : 'A middleware';
}
