// The devices: a foreign client, MQTT.js, publishes what sock drawers have to say. Not everything they say makes sense.
import { connectAsync } from 'mqtt';
import { jammedDrawer, stiffDrawer } from './repository.js';

/** Bounded, because each of them is tried again and again, one after the other. */
const mostForTheJammedDrawer = 20;
const drawers = ['bedroom', 'nursery', 'hall', 'cellar'];

type Kind = 'valid' | 'invalid' | 'no JSON' | 'for the jammed drawer' | 'for the stiff drawer';

/** Publishes `messages` messages at QoS 1; each carries its number and the run as user properties. Resolves with how many it published. */
export async function publishFleet(
  url: string,
  run: string,
  messages: number,
  signal: AbortSignal,
): Promise<number> {
  const options = { protocolVersion: 5, clientId: `socks-fleet-${run}`, reconnectPeriod: 0 } as const;
  const client = await connectAsync(url, options, false);
  const stopped = aborted(signal);
  let message = 0;
  try {
    while (message < messages && !signal.aborted) {
      message++;
      const kind = kindOf(message);
      const drawer = drawerOf(message, kind);
      const published = client.publishAsync(`socks/${drawer}/status`, payloadOf(message, kind), {
        qos: 1,
        properties: { userProperties: { run, message: String(message) } },
      });
      await Promise.race([published, stopped]);
    }
  } finally {
    await client.endAsync(true);
  }
  return message;
}

function kindOf(message: number): Kind {
  if (message % 10 === 3) return 'invalid';
  if (message % 25 === 8) return 'no JSON';
  if (message % 10 === 7 && message <= mostForTheJammedDrawer * 10) return 'for the jammed drawer';
  if (message % 10 === 5) return 'for the stiff drawer';
  return 'valid';
}

function drawerOf(message: number, kind: Kind): string {
  if (kind === 'for the jammed drawer') return jammedDrawer;
  return kind === 'for the stiff drawer' ? stiffDrawer : drawers[message % drawers.length]!;
}

function payloadOf(message: number, kind: Kind): string {
  if (kind === 'no JSON') return 'pairs=7';
  return JSON.stringify({
    message,
    pairs: kind === 'invalid' ? 'many' : message % 12,
    clean: message % 2 === 0,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
