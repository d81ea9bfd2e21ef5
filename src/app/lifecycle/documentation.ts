import {
  type AsyncApiDocument,
  asyncapiDocument,
  type Documented,
  type Receiving,
  type ServerDescription,
} from '../../asyncapi/index.js';
import type { Logger } from '../logger.js';
import { isContractWill } from '../publishing/contract-will.js';
import { ERROR_REPLY } from '../publishing/reply.js';
import type { Bound } from '../routes/binding.js';
import type { Route } from '../routes/route.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { type AppOptions, type ConnectionOptions, connectionOf } from './app.js';

const versions = { 4: '3.1.1', 5: '5.0', auto: undefined } as const;

/** An application, as far as its document speaks of it beside its routes. */
export interface Described {
  readonly options: AppOptions;
  readonly prefix: TopicPrefix;
}

/** What is documented. */
interface Subject extends Described {
  readonly logger: Logger;
  readonly booted: { readonly routes: readonly Documentable[] } | undefined;
}

type Documentable = Pick<Route, keyof Receiving>;

/** Makes the AsyncAPI document of an application when it is asked for, anew where `app.bind` has changed something, and logs what it can't show. */
export function documentation(app: Subject): () => AsyncApiDocument {
  const logged = new Set<string>();
  let known: { readonly document: AsyncApiDocument; readonly bounds: readonly Bound[] } | undefined;
  return () => {
    if (!app.booted) {
      throw new Error(
        'The handlers are known once the application has started: call app.asyncapi() after app.start().',
      );
    }
    const { routes } = app.booted;
    if (known?.bounds.every((bound, at) => routes[at]?.bound === bound)) return known.document;
    const { document, findings } = documentOf(app, routes);
    for (const finding of findings) {
      if (!logged.has(finding)) app.logger.warn({}, `AsyncAPI: ${finding}`);
      logged.add(finding);
    }
    known = { document, bounds: routes.map(({ bound }) => bound) };
    return document;
  };
}

/** What is wrong with the option `info`, which the types refuse as well. */
export function infoFindings(info: unknown = {}): string[] {
  if (typeof info !== 'object' || info === null) {
    return [
      `info is ${info === null ? 'null' : `of type ${typeof info}`}. Write { title, version, description }.`,
    ];
  }
  const wrong = Object.entries(info).filter(([, said]) => said !== undefined && typeof said !== 'string');
  return wrong.map(([name, said]) => `info.${name} is of type ${typeof said}. Write a text.`);
}

/** The document of an application with these routes. */
export function documentOf({ options, prefix }: Described, routes: readonly Documentable[]): Documented {
  const { will } = connectionOf(options);
  return asyncapiDocument({
    info: options.info,
    servers: serversOf(connectionOf(options)),
    prefix: prefix.text,
    errorReply: ERROR_REPLY,
    receives: routes,
    // The broker sends it, in the application's name.
    sends: will && isContractWill(will) ? [will.target.contract] : [],
  });
}

/** Those that have an address: where the user opens the byte stream, nobody knows it. */
function serversOf({
  url,
  protocol = 5,
  username,
  credentials,
  tls,
}: ConnectionOptions): ServerDescription[] {
  return [url].flat().flatMap((endpoint) => {
    if (typeof endpoint !== 'string' && !(endpoint instanceof URL)) return [];
    return {
      url: String(endpoint),
      protocolVersion: versions[protocol],
      hasUser: username !== undefined || credentials !== undefined,
      hasCertificate: tls?.cert !== undefined || tls?.pfx !== undefined,
    };
  });
}
