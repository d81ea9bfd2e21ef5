// mosquitto's command-line clients on the broker: mosquitto_pub, mosquitto_sub and mosquitto_rr.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Packet } from '../../src/packets/packet.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';

vi.setConfig({ testTimeout: 20_000 }); // processes, on a machine that may be busy

let broker: FakeBroker;
let port: string;
let children: ChildProcess[];
beforeEach(async () => {
  broker = new FakeBroker({ clock: 'real' });
  ({ port } = new URL((await broker.listen()).url));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL'); // where a test failed; the others have ended
  await broker.close();
});

const missing = spawnSync('mosquitto_rr', ['--help']).error
  ? ' (skipped: mosquitto-clients is not installed)'
  : '';

describe
  .skipIf(missing !== '' && process.env['TOPICWISE_REQUIRE_MOSQUITTO'] !== '1')
  .each(['mqttv311', 'mqttv5'])(`mosquitto_pub, mosquitto_sub and mosquitto_rr, %s${missing}`, (version) => {
  const client = (command: 'pub' | 'sub' | 'rr', ...words: (string | number)[]) =>
    start(`mosquitto_${command}`, '-V', version, ...words);
  /** A subscriber that prints and ends after `count` messages; resolves once it has subscribed. */
  const subscriber = async (count: number, ...words: (string | number)[]) => {
    const subscribed = seen(({ type }) => type === 'suback');
    const started = client('sub', '-C', count, ...words);
    await subscribed;
    return started;
  };

  describe.each([0, 1, 2] as const)('at QoS %i', (qos) => {
    it('carry a message', async () => {
      const sub = await subscriber(1, '-q', qos, '-t', 'a/#', '-F', '%t %q %r %p');
      await client('pub', '-q', qos, '-t', 'a/b', '-m', 'hello').ends();
      expect(await sub.ends()).toBe(`a/b ${qos} 0 hello\n`);
    });

    it('carry 200 kB', async () => {
      const payload = 'topicwise '.repeat(20_000);
      const sub = await subscriber(1, '-q', qos, '-t', 'big', '-N');
      await client('pub', '-q', qos, '-t', 'big', '-s').ends(payload);
      expect((await sub.ends()) === payload).toBe(true); // not toBe(payload): nobody wants to read the difference
    });

    it('find what was retained, until it is deleted', async () => {
      await client('pub', '-q', qos, '-t', 'state/one', '-m', 'on', '-r').ends();
      await client('pub', '-q', qos, '-t', 'state/two', '-m', 'off', '-r').ends();
      await client('pub', '-q', qos, '-t', 'state/two', '-n', '-r').ends();
      const sub = await subscriber(2, '-q', qos, '-t', 'state/#', '-F', '%t %q %r %p');
      await client('pub', '-q', qos, '-t', 'state/three', '-m', 'live').ends();
      expect(await sub.ends()).toBe(`state/one ${qos} 1 on\nstate/three ${qos} 0 live\n`);
    });

    it('leave a will when they are killed', async () => {
      const heir = await subscriber(1, '-q', qos, '-t', 'will/#', '-F', '%t %q %p');
      const will = ['--will-topic', 'will/x', '--will-payload', 'killed', '--will-qos', qos];
      const mortal = await subscriber(1, '-t', 'nothing', ...will);
      mortal.child.kill('SIGKILL');
      expect(await heir.ends()).toBe(`will/x ${qos} killed\n`);
    });

    it('take turns in a shared subscription', async () => {
      const workers = [1, 2].map((n) => ['-i', `worker-${n}`, '-q', qos, '-t', '$share/workers/jobs']);
      const running = [await subscriber(2, ...workers[0]!), await subscriber(2, ...workers[1]!)];
      await client('pub', '-q', qos, '-t', 'jobs', '-l').ends('1\n2\n3\n4\n');
      const jobs = await Promise.all(running.map((worker) => worker.ends()));
      expect(jobs.sort()).toEqual(['1\n3\n', '2\n4\n']); // who begins is drawn
    });

    it('ask and get an answer', async () => {
      const asked = seen(({ type }) => type === 'publish');
      const rr = client('rr', '-q', qos, '-t', 'question', '-m', 'ping', '-e', 'answer');
      const question = await asked;
      if (question.type !== 'publish') throw new Error('`seen` waited for a PUBLISH.');
      const { responseTopic = 'answer', correlationData } = question.properties ?? {};
      expect(Buffer.from(question.payload).toString()).toBe('ping');
      expect(responseTopic).toBe('answer');
      const delivery = broker.publish({
        topic: responseTopic,
        payload: 'pong',
        qos,
        ...(correlationData !== undefined && { properties: { correlationData } }),
      });
      expect(await rr.ends()).toBe('pong\n');
      await delivery.settled();
      expect(delivery.copies).toMatchObject([{ end: qos === 0 ? 'sent' : 'acknowledged' }]);
    });
  });

  it('come back to their session and get what they missed', async () => {
    const keep = ['-i', 'keeper', '-c', '-q', 1, '-t', 'a'];
    await client('sub', ...keep, '-E').ends();
    broker.publish({ topic: 'a', payload: 'missed', qos: 1 });
    expect(broker.session('keeper')).toMatchObject({ connected: false, queued: 1 });
    expect(await client('sub', ...keep, '-C', 1).ends()).toBe('missed\n');
  });
});

/** Resolves with the next packet on any connection that the test picks. */
function seen(picks: (packet: Packet) => boolean): Promise<Packet> {
  return new Promise((resolve) => {
    const stop = broker.watch(({ packet }) => {
      if (!picks(packet)) return;
      stop();
      resolve(packet);
    });
  });
}

function start(command: string, ...words: (string | number)[]) {
  const child = spawn(command, ['-h', '127.0.0.1', '-p', port, ...words.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const closed = once(child, 'close');
  const printed: Buffer[] = [];
  child.stdout.on('data', (bytes) => printed.push(bytes));
  return {
    child,
    /** Resolves with what it printed once it ended in good order; `input` is what it reads. */
    async ends(input?: string): Promise<string> {
      if (input === undefined) child.stdin.destroy();
      else child.stdin.end(input);
      expect((await closed)[0], command).toBe(0);
      return Buffer.concat(printed).toString();
    },
  };
}
