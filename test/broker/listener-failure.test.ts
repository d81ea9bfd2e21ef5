// What the system says of a server that listens already, as it does when a process runs out of file descriptors.
import type { Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { OpenError } from '../../src/transports/index.js';

const servers = vi.hoisted(() => [] as Server[]);
const ws = vi.hoisted(() => ({ isMissing: false }));
vi.mock('node:net', async (original) => watched(await original()));
vi.mock('node:http', async (original) => watched(await original()));
vi.mock('../../src/transports/ws-package.js', async (original) => {
  const real = await original<typeof import('../../src/transports/ws-package.js')>();
  return {
    loadWs: () => {
      if (ws.isMissing) throw new OpenError('WebSockets need the package ws. Run npm install ws', false);
      return real.loadWs();
    },
  };
});

/** The module, with every server that it makes put on the list. */
function watched<M extends { createServer(...words: never[]): Server }>(module: M): M {
  const createServer = (...words: never[]) => {
    const server = module.createServer(...words);
    servers.push(server);
    return server;
  };
  return { ...module, createServer };
}

afterEach(() => {
  servers.length = 0;
  ws.isMissing = false;
});

const tooMany = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });

describe.each(['mqtt', 'ws'] as const)('a listener for %s that can not take a connection', (protocol) => {
  it('tells the observer, and goes on', async () => {
    const failures: [string, Error][] = [];
    await using broker = new Broker({
      observer: {
        packet: () => {},
        message: () => {},
        closed: () => {},
        listenerFailed: (url, error) => failures.push([url, error]),
      },
    });
    const { url } = await broker.listen({ protocol });
    servers[0]!.emit('error', tooMany);
    servers[0]!.emit('error', tooMany);
    expect(failures).toEqual([
      [url, tooMany],
      [url, tooMany],
    ]);
  });

  it('warns where nobody observes', async () => {
    await using broker = new Broker();
    const { url } = await broker.listen({ protocol });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    servers[0]!.emit('error', tooMany);
    expect(await warned).toMatchObject({
      name: 'TopicwiseWarning',
      code: 'TOPICWISE_LISTENER',
      message: `The broker at ${url} could not take a connection: accept EMFILE.`,
    });
  });
});

it('names the package that WebSockets need where it is missing', async () => {
  ws.isMissing = true;
  await using broker = new Broker();
  await expect(broker.listen({ protocol: 'ws' })).rejects.toMatchObject({
    name: 'ListenError',
    code: 'ERR_MODULE_NOT_FOUND',
    message: 'WebSockets need the package ws. Run npm install ws.',
  });
  expect((await broker.listen()).url).toContain('mqtt://');
});
