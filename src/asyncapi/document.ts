import { channelsOf } from './channels.js';
import type { Description } from './description.js';
import { operationsOf } from './operations.js';
import { serversOf } from './servers.js';

/** An AsyncAPI 3.0 document: JSON, its keys in an order that hangs on nothing but their names. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: Readonly<Record<string, object>>;
  readonly channels: Readonly<Record<string, object>>;
  readonly operations: Readonly<Record<string, object>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

export interface Documented {
  readonly document: AsyncApiDocument;
  /** What the document can't show, or leaves out, and why: a sentence each. */
  readonly findings: readonly string[];
}

/** The media type of the document. */
export const ASYNCAPI_CONTENT_TYPE = 'application/vnd.aai.asyncapi+json;version=3.0.0';

/** The document of what an application receives and sends. Never throws for a schema: what can't be shown is among the findings. */
export function asyncapiDocument(description: Description): Documented {
  const findings: string[] = [];
  const { title = 'MQTT application', version = '0.0.0', description: text } = description.info ?? {};
  const { servers, securitySchemes } = serversOf(description.servers ?? [], findings);
  const { channels, messages, schemas, places } = channelsOf(description, findings);
  const components = Object.entries({ messages, schemas, securitySchemes });
  const filled = components.filter(([, entries]) => Object.keys(entries).length > 0);
  const document: AsyncApiDocument = {
    asyncapi: '3.0.0',
    info: { title, version, ...(text !== undefined && { description: text }) },
    ...(Object.keys(servers).length > 0 && { servers }),
    channels,
    operations: operationsOf(description, places),
    ...(filled.length > 0 && { components: Object.fromEntries(filled) }),
  };
  return { document, findings: [...new Set(findings)] };
}
