import { type ChildProcess, fork } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect } from 'topicwise/client';
import { FakeBroker } from 'topicwise/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { describeWithMosquitto } from '../support/mosquitto.js';

const program = fileURLToPath(new URL('../support/app/application-process.ts', import.meta.url));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Process {
  readonly child: ChildProcess;
  /** Resolves at the handler's first message. */
  readonly handling: Promise<string>;
  /** Resolves once it prints this. */
  printed(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

function start(name: string, url: string, clientId = 'process'): Process {
  const child = fork(program, [name, url, clientId], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.add(child);
  let stderr = '';
  const waiting = new Map<string, () => void>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const [wanted, resolve] of waiting) if (stderr.includes(wanted)) resolve();
  });
  return {
    child,
    handling: new Promise((resolve) => child.once('message', (id) => resolve(String(id)))),
    printed: (text) =>
      new Promise((resolve) => {
        if (stderr.includes(text)) resolve();
        else waiting.set(text, resolve);
      }),
    ended: new Promise((resolve) => {
      child.once('close', (code) => {
        children.delete(child);
        resolve({ code, stderr });
      });
    }),
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

const line = (level: string, sentence: string) => new RegExp(`^\\S+Z ${level} +${sentence}$`, 'm');

describe('run() turns what goes wrong at the start into one sentence and the exit code 1', () => {
  it.each([
    ['undecorated', 'Undecorated is listed as a controller but has no decorator\\. .*'],
    ['illegal pattern', 'IllegalPattern\\.on: The filter "a/#/b" .*'],
    ['nothing to inject', 'NeedsRepo: constructor parameter 1 \\(forgotten\\) has no injection token\\. .*'],
  ])('%s', { timeout: 30_000 }, async (name, sentence) => {
    const { code, stderr } = await start(name, 'mqtt://127.0.0.1:1').ended;
    expect(stderr).toMatch(line('ERROR', sentence));
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it.each([
    [
      'an unreachable broker',
      'mqtt://127.0.0.1:1',
      'Could not reach mqtt://127\\.0\\.0\\.1:1: nothing listens there\\. .*',
    ],
    ['an address that is no URL', 'no url', '"no url" is no URL\\. .*'],
  ])('%s', { timeout: 30_000 }, async (_what, url, sentence) => {
    const { code, stderr } = await start('run', url).ended;
    expect(stderr).toMatch(line('ERROR', sentence));
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it('refused credentials', { timeout: 30_000 }, async () => {
    await using broker = new FakeBroker({ clock: 'real', authenticate: () => 0x86 });
    const { url } = await broker.listen();
    const { code, stderr } = await start('run', url).ended;
    expect(stderr).toMatch(line('ERROR', '.*Bad User Name or Password.*'));
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it('a malformed CONNACK', { timeout: 30_000 }, async () => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.write(new Uint8Array([0x20, 0x03, 0x07, 0x00, 0x00])));
      socket.on('error', () => {}); // the client cuts the connection
    });
    const { code, stderr } = await start('run', await listening(server)).ended;
    await new Promise((resolve) => server.close(resolve));
    expect(stderr).toMatch(line('ERROR', '.*CONNACK.*'));
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('run()', () => {
  it('stops at a signal, after its handlers, and exits with 0', { timeout: 30_000 }, async () => {
    await using broker = new FakeBroker({ clock: 'real' });
    const { url } = await broker.listen();
    const running = start('run', url);
    await running.printed('Subscribed.');
    const delivery = broker.publish({ topic: 'jobs/1', payload: 'x', qos: 1 });
    await delivery.settled();
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(broker.session('process')).toMatchObject({
      connected: false,
      subscriptions: [{ filter: 'jobs/+' }],
    });
    expect(broker.transcript()).toContain('process C→B DISCONNECT rc=0x00');
  });

  it('rule 15: ends at once at a second signal, with 1, and leaves the message to the broker', {
    timeout: 30_000,
  }, async () => {
    await using broker = new FakeBroker({ clock: 'real' });
    const { url } = await broker.listen();
    const running = start('run', url);
    await running.printed('Subscribed.');
    broker.publish({ topic: 'jobs/stuck', payload: 'x', qos: 1 });
    await running.handling;
    running.child.kill('SIGINT');
    await running.printed('Stopping.');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(broker.session('process')).toMatchObject({ inflight: 1 });
    // The first one alone would end it with 1 too, but with a goodbye, once the time for the handler is over.
    expect(broker.transcript()).not.toContain('process C→B DISCONNECT');
  });

  it('ends with 1 and a sentence when the connection is lost for good', { timeout: 30_000 }, async () => {
    const broker = new FakeBroker({ clock: 'real' });
    const { url } = await broker.listen();
    const running = start('run', url);
    await running.printed('Subscribed.');
    const other = await connect(url, { clientId: 'process' });
    const { code, stderr } = await running.ended;
    expect(stderr).toMatch(line('ERROR', 'The connection to the broker is gone: .*Session taken over.*'));
    expect(code).toBe(1);
    await other.close();
    await broker.close();
  });
});

describeWithMosquitto('a process that dies, on mosquitto', (mosquitto) => {
  it('gets the message of the handler that it died in again, and no other', { timeout: 30_000 }, async () => {
    await using device = await connect(mosquitto().url);
    const dying = start('run', mosquitto().url);
    await dying.printed('Subscribed.');
    const handled = dying.handling;
    await device.publish('jobs/fine', 'x', { qos: 1 });
    expect(await handled).toBe('fine');
    const stuck = new Promise((resolve) => dying.child.once('message', resolve));
    await device.publish('jobs/stuck', 'x', { qos: 1 });
    expect(await stuck).toBe('stuck');
    dying.child.kill('SIGKILL');
    await dying.ended;

    const next = start('run', mosquitto().url);
    expect(await next.handling).toBe('stuck');
    next.child.kill('SIGKILL');
    await next.ended;
  });

  it('may be one that its failure policy stops: it ends with 1, and its message is the next one`s', {
    timeout: 30_000,
  }, async () => {
    await using device = await connect(mosquitto().url);
    const failing = start('stop()', mosquitto().url, 'failing');
    await failing.printed('Subscribed.');
    await device.publish('jobs/unsaved', 'x', { qos: 1 });
    const { code, stderr } = await failing.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      line(
        'ERROR',
        'Failing\\.onJob failed on "jobs/unsaved", and its policy stops the application: The disk is full',
      ),
    );

    const next = start('run', mosquitto().url, 'failing');
    expect(await next.handling).toBe('unsaved');
    next.child.kill('SIGKILL');
    await next.ended;
  });

  it('leaves the will of its contract', { timeout: 30_000 }, async () => {
    await using device = await connect(mosquitto().url);
    const statuses = await device.stream('processes/+/status');
    const dying = start('will', mosquitto().url);
    await dying.printed('Subscribed.');
    dying.child.kill('SIGKILL');
    await dying.ended;
    for await (const message of statuses) {
      expect([message.topic, message.qos, message.text()]).toEqual(['processes/1/status', 1, 'gone']);
      break;
    }
    const later = await device.stream('processes/1/status');
    for await (const { retain } of later) {
      expect(retain).toBe(true);
      break;
    }
  });
});
