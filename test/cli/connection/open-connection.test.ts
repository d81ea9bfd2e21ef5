import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../../src/broker/index.js';
import { addressOf } from '../../../src/cli/connection/open-connection.js';
import { type ConnectionGiven, connectionOptions } from '../../../src/cli/connection/options.js';
import { fromDuplex } from '../../../src/client/index.js';
import { listeningBroker, ran } from '../../support/cli/command-line.js';
import { temporaryFolder } from '../../support/cli/temporary-folder.js';
import { certificatePath, freePorts, serveTls } from '../../support/transports/servers.js';

const publish = ['publish', 'a', 'x'];
const failure = (sentence: string) => ({ code: 1, stdout: '', stderr: `topicwise publish: ${sentence}\n` });
const misunderstanding = (sentence: string) => ({
  code: 2,
  stdout: '',
  stderr: `topicwise publish: ${sentence} See 'topicwise publish --help'.\n`,
});

describe('goes to', () => {
  it.each([
    ['--url', (url: string) => ({ words: ['--url', url], env: { MQTT_URL: 'mqtt://127.0.0.1:1' } })],
    ['MQTT_URL', (url: string) => ({ words: [], env: { MQTT_URL: url } })],
  ])('the address of %s', async (_where, say) => {
    const { url } = await listeningBroker();
    const { words, env } = say(url);
    expect(await ran([...publish, ...words], { env })).toMatchObject({ code: 0, stderr: '' });
  });

  it('this machine where nothing is said', () => {
    const nothing = Object.fromEntries(Object.keys(connectionOptions).map((name) => [name, undefined]));
    expect(addressOf(nothing as ConnectionGiven, { env: { MQTT_URL: '' } })).toBe('mqtt://localhost'); // each of its names is there
  });
});

it('says who it is: the name by option or environment, the password by the environment alone', async () => {
  const seen: unknown[] = [];
  const { url } = await listeningBroker({
    authenticate: ({ username, password, clientId }) => {
      seen.push([username, password && Buffer.from(password).toString(), clientId]);
      return 0;
    },
  });
  const env = { MQTT_URL: url, MQTT_USERNAME: 'anna', MQTT_PASSWORD: 'secret' };
  await ran([...publish, '--client-id', 'desk'], { env });
  await ran([...publish, '--client-id', 'desk', '--username', 'bo'], { env });
  expect(seen).toEqual([
    ['anna', 'secret', 'desk'],
    ['bo', 'secret', 'desk'],
  ]);
});

describe('says in a sentence that', () => {
  it('nothing listens', async () => {
    const { nobody = 0 } = await freePorts('nobody');
    const url = `mqtt://127.0.0.1:${nobody}`;
    expect(await ran(publish, { env: { MQTT_URL: url } })).toEqual(
      failure(`Could not reach ${url}: nothing listens there. Start the broker or correct the address.`),
    );
  });

  it('the broker refuses', async () => {
    const { url } = await listeningBroker({ authenticate: () => 0x86 });
    expect(await ran(publish, { env: { MQTT_URL: url } })).toEqual(
      failure(
        `${url} refused the connection: Bad User Name or Password, "The authenticate hook said no.". Check --username and MQTT_PASSWORD, and what they may do.`,
      ),
    );
  });

  it('the address is none', async () => {
    const { code, stderr } = await ran([...publish, '--url', 'localhost']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/"localhost" is no URL\. Write an address like mqtt:\/\/host:1883\.\n$/),
    ]);
  });

  it.each(['ca', 'cert', 'key'])('--%s is of no use without encryption', async (option) => {
    const url = 'mqtt://anna:secret@broker';
    expect(await ran([...publish, '--url', url, `--${option}`, 'x.pem'])).toEqual(
      misunderstanding(
        `--${option} is for an encrypted connection, and mqtt://broker is none: write mqtts:// or wss://.`,
      ),
    );
  });

  it('a file of certificates is not there', async () => {
    const { code, stderr } = await ran([...publish, '--url', 'mqtts://localhost', '--ca', 'no.pem']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/: --ca: no\.pem could not be read: ENOENT.+\.\n$/),
    ]);
  });
});

describe('speaks', () => {
  it('MQTT 3.1.1 where the broker knows no other', async () => {
    const { url } = await listeningBroker({ version: 4 });
    expect(await ran(publish, { env: { MQTT_URL: url } })).toEqual({
      code: 0,
      stdout:
        'Published 1 byte on a at QoS 1. The broker has it; on MQTT 3.1.1 it does not say whether anybody subscribes to it.\n',
      stderr: '',
    });
  });

  it('what --protocol says, and says so where the broker does not', async () => {
    const { url } = await listeningBroker({ version: 4 });
    expect(await ran([...publish, '--protocol', '5'], { env: { MQTT_URL: url } })).toEqual(
      failure(
        `${url} does not speak MQTT 5.0, only an older version: leave --protocol out, or write --protocol 4.`,
      ),
    );
    expect(await ran([...publish, '--protocol', '3'])).toEqual(
      misunderstanding("--protocol takes one of 4, 5, not '3'."),
    );
  });
});

describe('over TLS', () => {
  async function encrypted() {
    const broker = new Broker();
    const { url } = await serveTls((stream) => broker.attach(fromDuplex(stream)));
    return { url: url.replace('127.0.0.1', 'localhost') };
  }

  it('trusts the authority of --ca', async () => {
    const { url } = await encrypted();
    const folder = temporaryFolder();
    const { code, stderr } = await ran([...publish, '--url', url, '--ca', certificatePath('ca')], {
      cwd: folder,
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('names --ca where the authority is a stranger', async () => {
    const { url } = await encrypted();
    const { code, stderr } = await ran([...publish, '--url', url]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("Give that authority's certificate with --ca.\n"),
    ]);
  });

  it('says what is wrong with a file that is no certificate', async () => {
    const { url } = await encrypted();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'no.pem'), 'no certificate');
    const { code, stderr } = await ran([...publish, '--url', url, '--key', 'no.pem', '--cert', 'no.pem'], {
      cwd: folder,
    });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^topicwise publish: .+\.\n$/)]);
  });
});
