import type { ServerDescription } from './description.js';
import { Names } from './names.js';

const defaultPorts: Readonly<Record<string, string>> = {
  mqtt: '1883',
  mqtts: '8883',
  ws: '80',
  wss: '443',
};

const securitySchemes = {
  userPassword: { type: 'userPassword', description: 'User name and password of CONNECT.' },
  certificate: { type: 'X509', description: 'A certificate of the client.' },
} as const;

export interface Servers {
  readonly servers: Record<string, object>;
  readonly securitySchemes: Record<string, object>;
}

/** The brokers, without any secret: neither credentials nor what stands behind a "?". */
export function serversOf(descriptions: readonly ServerDescription[], findings: string[]): Servers {
  const names = new Names();
  const servers: Record<string, object> = {};
  const used = new Set<keyof typeof securitySchemes>();
  for (const description of descriptions) {
    if (!URL.canParse(description.url)) {
      findings.push(
        'An address of the connection is no URL: its server is left out of the AsyncAPI document.',
      );
      continue;
    }
    const url = new URL(description.url);
    const security = [
      ...(description.hasUser || url.username !== '' ? (['userPassword'] as const) : []),
      ...(description.hasCertificate ? (['certificate'] as const) : []),
    ];
    for (const scheme of security) used.add(scheme);
    servers[names.claim('broker')] = {
      ...placeOf(url),
      ...(description.protocolVersion !== undefined && { protocolVersion: description.protocolVersion }),
      ...(security.length > 0 && {
        security: security.map((scheme) => ({ $ref: `#/components/securitySchemes/${scheme}` })),
      }),
    };
  }
  return {
    servers,
    securitySchemes: Object.fromEntries([...used].sort().map((name) => [name, securitySchemes[name]])),
  };
}

function placeOf(url: URL): { host: string; pathname?: string; protocol: string } {
  const protocol = url.protocol.slice(0, -1);
  const port = url.port || defaultPorts[protocol];
  const host = url.hostname === '' ? 'localhost' : url.hostname + (port === undefined ? '' : `:${port}`);
  return url.pathname === '' || url.pathname === '/'
    ? { host, protocol }
    : { host, pathname: url.pathname, protocol };
}
