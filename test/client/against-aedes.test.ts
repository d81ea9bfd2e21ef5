import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.js';

describe('the client on aedes, MQTT 3.1.1', () => {
  let aedes: Aedes;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    aedes = await Aedes.createBroker();
    server = createServer(aedes.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`; // it listens on TCP
  });
  afterAll(async () => {
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    await new Promise((resolve) => server.close(resolve));
  });

  it('publishes and receives at QoS 0, 1 and 2', async () => {
    await using client = await connect(url, { protocol: 4 });
    expect(await client.subscribe('t/#')).toEqual([{ filter: 't/#', reasonCode: 2, qos: 2 }]);
    await client.publish('t/0', 'zero');
    await client.publish('t/1', 'one', { qos: 1 });
    await client.publish('t/2', 'two', { qos: 2 });
    const texts: string[] = [];
    for await (const message of client.messages()) {
      texts.push(message.text());
      await message.ack();
      if (texts.length === 3) break;
    }
    expect(texts.sort()).toEqual(['one', 'two', 'zero']);
    await client.unsubscribe('t/#');
  });

  it('says in one sentence that the server wants the older protocol', async () => {
    await expect(connect(url)).rejects.toThrow('connect with { protocol: 4 }');
  });

  it('says in one sentence that the server does not let it in', async () => {
    aedes.authenticate = (_client, _username, _password, done) => {
      done(Object.assign(new Error('no'), { returnCode: 4 }), false);
    };
    await expect(connect(url, { protocol: 4, username: 'u', password: 'geheim' })).rejects.toMatchObject({
      kind: 'connect',
      retryable: false,
      message: expect.stringMatching(/refused the connection: .*Check username and password/),
    });
  });
});
