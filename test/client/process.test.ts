// What only a process of its own can show: that it ends, and how.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { encodePacket } from '../../src/packets/index.js';
import { connackOf } from '../support/scripted-peer.js';

const client = fileURLToPath(new URL('../../src/client/index.ts', import.meta.url));
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that says CONNACK to whatever comes, then `more`, and never closes by itself. */
async function serve(...more: number[]): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(Uint8Array.from([...encodePacket(connackOf(0), 5), ...more])));
    closers.push(() => socket.destroy());
  });
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`; // it listens on TCP
}

function run(script: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const source = `import * as client from ${JSON.stringify(client)};\n${script}`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('close', (code) => resolve({ code, output }));
  });
}

it('the process ends by itself once the client is closed', async () => {
  const url = await serve();
  expect(
    await run(`
      const c = await client.connect('${url}');
      const waiting = c.messages().next();
      await c.close();
      console.log((await waiting).done);
    `),
  ).toEqual({ code: 0, output: 'true\n' });
});

it('54, 60: the process ends although the server says goodbye and keeps the socket open', async () => {
  const url = await serve(0xe0, 0x00);
  expect(
    await run(`
      const c = await client.connect('${url}');
      console.log((await c.disconnected()).by);
      await c.close();
    `),
  ).toEqual({ code: 0, output: 'server\n' });
});

it('62: with no listener and no await anywhere, a lost connection is no uncaught exception', async () => {
  const url = await serve(0xf0, 0x00); // malformed: the client closes
  const { code, output } = await run(`
    const c = await client.connect('${url}', { reconnect: false });
    for await (const _ of c.states()) ;
    console.log(c.state.last.cause.kind);
  `);
  expect({ code, output }).toEqual({ code: 0, output: 'protocol\n' });
});

it('a failed attempt leaves nothing behind that keeps the process alive', async () => {
  expect(
    await run(`
      await client.connect('mqtt://127.0.0.1:1').catch(({ kind }) => console.log(kind));
    `),
  ).toEqual({ code: 0, output: 'connect\n' });
});
