// Where a server sends its clients: the Server Reference of CONNACK and DISCONNECT. MQTT 5.0, 4.11.

const secure: ReadonlySet<string> = new Set(['mqtts:', 'wss:']);

/**
 * The address that the reference stands for, seen from the one in use: `host`, `host:port`, `[ipv6]:port`, several of them with spaces between (the first counts), or a whole
 * address. Scheme, path and credentials stay as they are, and so does the port where the reference has none. Undefined if it makes no sense, or would lead from an encrypted connection
 * to one that is not.
 */
export function redirectedAddress(current: string, reference: string): string | undefined {
  const [first = ''] = reference.trim().split(/\s+/);
  if (!URL.canParse(current) || first === '') return undefined;
  const url = new URL(current);
  if (url.protocol === 'mqtt+unix:') return undefined; // a file has no host
  return first.includes('://') ? toAddress(url, first) : toHost(url, first);
}

function toAddress(url: URL, address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const target = new URL(address);
  if (secure.has(url.protocol) && !secure.has(target.protocol)) return undefined;
  target.username = url.username;
  target.password = url.password;
  return target.href;
}

function toHost(url: URL, host: string): string | undefined {
  // mqtt: is no scheme that a URL lets change its host piece by piece, so the whole is written anew.
  const [, name, port = url.port] = /^(\[[0-9a-fA-F:.]+\]|[^\s/:@?#[\]]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (name === undefined) return undefined;
  const credentials = url.username && `${url.username}${url.password && `:${url.password}`}@`;
  const address = `${url.protocol}//${credentials}${name}${port && `:${port}`}${url.pathname}${url.search}`;
  return URL.canParse(address) ? address : undefined;
}
