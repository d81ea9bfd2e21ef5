import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeBroker } from 'topicwise/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { defineLifeCycleSuite, type LifeCycleUnderTest } from '../support/app/life-cycle-suite.js';
import { describeWithMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.js';

type Sent = ReturnType<LifeCycleUnderTest['sent']>;

const packets = 'SUBSCRIBE|UNSUBSCRIBE|DISCONNECT';
/** The types of packets in a text that names them like this. */
const found = (text: string, pattern: string): Awaited<Sent> =>
  [...text.matchAll(new RegExp(pattern, 'gm'))].map(([, type]) => type as Awaited<Sent>[number]); // the group is one of `packets`

describe.each([5, 4] as const)('the life cycle on FakeBroker, %i', (protocol) => {
  defineLifeCycleSuite({
    protocol,
    broker: () => new FakeBroker(),
    refusing: () =>
      new FakeBroker({
        authorize: (request) =>
          request.action === 'subscribe' && request.filter.startsWith('secret/') ? 0x87 : 0,
      }),
    limited: () => new FakeBroker({ capabilities: { maximumQoS: 1 } }),
    async sent(broker, clientId) {
      return found((broker as FakeBroker).transcript(), `^${clientId} C→B (${packets})`); // made above
    },
  });
});

/** Comes with mosquitto, and refuses subscriptions; where packages put it. */
const plugin = ['/usr/lib', ...folders('/usr/lib'), '/usr/local/lib', '/opt/homebrew/lib']
  .map((folder) => join(folder, 'mosquitto_dynamic_security.so'))
  .find((file) => existsSync(file));

const accessList = {
  defaultACLAccess: {
    publishClientSend: true,
    publishClientReceive: true,
    subscribe: true,
    unsubscribe: true,
  },
  roles: [
    {
      rolename: 'restricted',
      acls: [{ acltype: 'subscribePattern', topic: 'secret/#', priority: 0, allow: false }],
    },
  ],
  groups: [{ groupname: 'everybody', roles: [{ rolename: 'restricted' }] }],
  anonymousGroup: 'everybody',
  clients: [],
};

describeWithMosquitto('the life cycle on mosquitto', (mosquitto) => {
  let folder: string;
  let limited: Mosquitto;
  let refusing: Mosquitto | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'topicwise-access-'));
    limited = await startMosquitto({ config: ['max_qos 1'] });
    if (!plugin) return;
    const file = join(folder, 'access.json');
    await writeFile(file, JSON.stringify(accessList));
    refusing = await startMosquitto({ config: [`plugin ${plugin}`, `plugin_opt_config_file ${file}`] });
  });
  afterAll(async () => {
    await limited.stop();
    await refusing?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each([5, 4] as const)('%i', (protocol) => {
    defineLifeCycleSuite({
      protocol,
      broker: () => mosquitto().url,
      refusing: plugin ? () => refusing?.url ?? '' : undefined, // started where there is a plugin
      limited: () => limited.url,
      async sent(broker, clientId) {
        const server = [mosquitto(), limited, refusing].find((each) => each?.url === broker);
        const pattern = `Received (${packets}) from ${clientId}`;
        for (;;) {
          const sent = found(server?.log ?? '', `${pattern}$`);
          if (sent.at(-1) === 'DISCONNECT') return sent;
          await new Promise((resolve) => setImmediate(resolve)); // its log comes through a pipe
        }
      },
    });
  });
});

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}
