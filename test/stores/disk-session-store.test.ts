// What only a disk can do to a store: be damaged, locked, read-only, full; and what it keeps when the process is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoredSession } from '../../src/session/session-store.js';
import { openDiskSessionStore } from '../../src/stores/index.js';
import { encodeInbound } from '../../src/stores/record-kinds.js';
import { openStore, temporaryFolder } from '../support/stores/places.js';
import { outbound, subscription } from '../support/stores/samples.js';

const sources = fileURLToPath(new URL('../../src/stores/index.ts', import.meta.url));

async function load(folder: string, clientId = 'c'): Promise<StoredSession> {
  const store = await openDiskSessionStore(folder);
  const session = await store.load(clientId);
  await store.close();
  return session;
}

/** A folder with three publishes, two identifiers and a subscription of the client "c". */
async function filled(): Promise<string> {
  const folder = await temporaryFolder();
  const store = await openDiskSessionStore(folder);
  await store.load('c');
  await Promise.all([
    ...[1, 2, 3].map((id) => store.putOutbound(outbound(id))),
    store.addInbound(4),
    store.addInbound(5),
    store.putSubscriptions([subscription('a/#', 1)]),
    store.putClient({ clientId: 'c', lastPacketId: 3 }),
  ]);
  await store.close();
  return folder;
}

async function withLevel<T>(
  folder: string,
  use: (level: ClassicLevel<string, Uint8Array>) => Promise<T>,
): Promise<T> {
  const level = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' });
  await level.open();
  try {
    return await use(level);
  } finally {
    await level.close();
  }
}

/** Runs a module in a process of its own; `store` is the folder of sources. */
function child(
  script: string,
  wrap: (command: string[]) => string[] = (command) => command,
  options: { uid?: number; gid?: number } = {},
): ChildProcess {
  const source = `import { openDiskSessionStore } from ${JSON.stringify(sources)};\n${script}`;
  const [command = '', ...rest] = wrap([
    process.execPath,
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    source,
  ]);
  const process_ = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  onTestFinished(() => void process_.kill('SIGKILL'));
  return process_;
}

async function outputOf(process_: ChildProcess): Promise<string> {
  let output = '';
  process_.stdout?.on('data', (text) => {
    output += text;
  });
  await once(process_, 'close');
  return output;
}

describe('a damaged record', () => {
  const damages: [string, (record: Uint8Array) => Uint8Array, RegExp][] = [
    ['empty', () => new Uint8Array(0), /is cut off after 0 bytes/],
    ['cut off within its header', (record) => record.slice(0, 8), /is cut off after 8 bytes/],
    ['cut off within its body', (record) => record.slice(0, -1), /does not match its checksum/],
    ['longer than it was', (record) => Uint8Array.of(...record, 0), /does not match its checksum/],
    [
      'of another version',
      (record) => record.with(0, 2),
      /has layout 2, and this version of topicwise reads layout 1/,
    ],
    ['all zeros', (record) => record.map(() => 0), /has layout 0/],
  ];
  it.each(damages)('that is %s is set aside, named, and costs no other', async (_, damage, flaw) => {
    const folder = await filled();
    const key = 'session/c/outbound/2';
    const record = await withLevel(folder, async (level) => {
      const damaged = damage((await level.get(key))!);
      await level.put(key, damaged);
      return damaged;
    });
    const session = await load(folder);
    expect(session).toMatchObject({
      outbound: [outbound(1), outbound(3)],
      inboundQos2: [4, 5],
      subscriptions: [subscription('a/#', 1)],
      lastPacketId: 3,
    });
    expect(session.damaged).toEqual([
      { kind: 'outbound', packetId: 2, message: expect.stringMatching(flaw) },
    ]);
    expect((await load(folder)).damaged).toEqual([]);
    const aside = await withLevel(folder, (level) => level.get('quarantine/c/outbound/2'));
    expect(aside).toEqual(Buffer.from(record));
  });

  it('is noticed wherever one bit of it is wrong', async () => {
    const folder = await filled();
    const key = 'session/c/outbound/2';
    const whole = (await withLevel(folder, (level) => level.get(key)))!;
    for (let index = 0; index < whole.length; index++) {
      await withLevel(folder, (level) =>
        level.put(key, whole.with(index, whole[index]! ^ (1 << (index % 8)))),
      );
      const { damaged, outbound: kept } = await load(folder);
      expect([kept.length, damaged?.length]).toEqual([2, 1]);
      // Its place in the session is counted again for the next bit.
      await withLevel(folder, (level) => level.del('quarantine/c/outbound/2'));
      const store = await openDiskSessionStore(folder);
      await store.load('c');
      await store.putOutbound(outbound(2));
      await store.close();
    }
  });

  it('under the key of another is one', async () => {
    const folder = await filled();
    await withLevel(folder, async (level) => {
      await level.put('session/c/outbound/2', (await level.get('session/c/outbound/1'))!);
      await level.put('session/c/inbound/5', (await level.get('session/c/inbound/4'))!);
    });
    expect(await load(folder)).toMatchObject({
      outbound: [outbound(1), outbound(3)],
      inboundQos2: [4],
      damaged: [
        { kind: 'inbound', packetId: 5 },
        { kind: 'outbound', packetId: 2 },
      ],
    });
  });

  it.each([
    ['subscriptions', { outbound: [{}, {}, {}], inboundQos2: [4, 5], subscriptions: [], lastPacketId: 3 }],
    ['client', { outbound: [{}, {}, {}], inboundQos2: [4, 5], subscriptions: [{}], lastPacketId: 3 }],
  ])('may be the one of the %s', async (kind, rest) => {
    const folder = await filled();
    await withLevel(folder, (level) => level.put(`session/c/${kind}`, Uint8Array.of(1, 2, 3)));
    expect(await load(folder)).toMatchObject({ ...rest, damaged: [{ kind, packetId: undefined }] });
    expect(await load(folder)).toMatchObject({ ...rest, damaged: [] });
  });

  it('may have a key that says nothing', async () => {
    const folder = await filled();
    await withLevel(folder, async (level) => {
      await level.put('session/c/outbound/0', Uint8Array.of(1));
      await level.put('session/c/what/is/this', Uint8Array.of(1));
    });
    const { damaged } = await load(folder);
    expect(damaged?.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown']); // and the number is wrong
    expect((await load(folder)).damaged).toEqual([]);
  });

  it.each([
    [
      'is gone',
      (level: ClassicLevel<string, Uint8Array>) => level.del('session/c/inbound/4'),
      /lacks 1 of its 6 records/,
    ],
    [
      'came back',
      async (level: ClassicLevel<string, Uint8Array>) => {
        await level.put('session/c/inbound/6', encodeInbound(6));
      },
      /has 1 records too many/,
    ],
    [
      'counted the others and is gone',
      (level: ClassicLevel<string, Uint8Array>) => level.del('session/c/client'),
      /lacks the record that counts the others/,
    ],
  ])('that %s is missed', async (_, damage, sentence) => {
    const folder = await filled();
    await withLevel(folder, damage);
    expect((await load(folder)).damaged).toEqual([
      { kind: 'unknown', packetId: undefined, message: expect.stringMatching(sentence) },
    ]);
    expect((await load(folder)).damaged).toEqual([]);
  });
});

describe('damaged files', () => {
  it.each([/\.log$/, /^CURRENT$/, /^MANIFEST/, /\.ldb$/])(
    '%s never stop a client, and are named',
    async (pattern) => {
      const folder = await filled();
      if (pattern.test('1.ldb')) await load(folder); // opened once more, the log becomes a table
      const files = (await readdir(folder)).filter((name) => pattern.test(name));
      expect(files).not.toEqual([]);
      for (const name of files) {
        const path = join(folder, name);
        await writeFile(
          path,
          (await readFile(path)).map((byte, index) => (index % 3 === 0 ? byte ^ 0xff : byte)),
        );
      }
      expect((await load(folder)).damaged).toMatchObject([
        { kind: 'unknown', message: expect.stringContaining(folder) },
      ]);
      const store = await openStore(folder);
      await store.load('c');
      await store.putOutbound(outbound(9));
      await store.close();
      expect((await load(folder)).outbound.at(-1)).toEqual(outbound(9));
    },
  );

  it('never give out what was not stored, and are named wherever one bit of the log is wrong', async () => {
    const folder = await filled();
    const name = (await readdir(folder)).find((file) => file.endsWith('.log'))!;
    const log = await readFile(join(folder, name));
    for (let index = 0; index < log.length; index += 7) {
      const copy = await temporaryFolder();
      await cp(folder, copy, { recursive: true });
      await writeFile(join(copy, name), log.with(index, log[index]! ^ (1 << (index % 8))));
      const session = await load(copy);
      expect(session.damaged).not.toEqual([]);
      for (const one of session.outbound) expect(one).toEqual(outbound(one.packetId));
    }
  });

  it('that end early, as after a power cut, leave what was there before', async () => {
    const folder = await temporaryFolder();
    const store = await openDiskSessionStore(folder);
    await store.load('c');
    for (const id of [1, 2, 3]) await store.putOutbound(outbound(id));
    await store.close();
    const path = join(folder, (await readdir(folder)).find((file) => file.endsWith('.log'))!);
    await truncate(path, (await readFile(path)).length - 5);
    expect(await load(folder)).toMatchObject({ outbound: [outbound(1), outbound(2)], damaged: [] });
  });
});

describe('a killed process', () => {
  it.each(['power-loss', 'process-crash'])(
    'leaves all that it was promised (survives: %s)',
    async (survives) => {
      const folder = await temporaryFolder();
      for (let round = 0; round < 3; round++) {
        const process_ = child(`
        const store = await openDiskSessionStore(${JSON.stringify(folder)}, { survives: '${survives}' });
        await store.load('c');
        const first = ${round} * 20_000;
        for (let group = 0; ; group++) {
          const ids = Array.from({ length: 1 + (group % 7) }, (_, index) => first + group * 7 + index + 1);
          await Promise.all(ids.map(async (packetId) => {
            await store.putOutbound({
              packetId, seq: packetId, phase: 'publish', topic: 't', payload: new Uint8Array(packetId % 500).fill(packetId),
              qos: 1, retain: false, properties: {},
            });
            process.stdout.write('put ' + packetId + '\\n');
          }));
          if (group % 3 === 2) {
            process.stdout.write('deleting ' + ids[0] + '\\n');
            await store.deleteOutbound(ids[0]);
            process.stdout.write('deleted ' + ids[0] + '\\n');
          }
        }`);
        // Killed while deleting, either is right.
        const promised = new Map<number, 'put' | 'deleting' | 'deleted'>();
        for await (const line of createInterface({ input: process_.stdout! })) {
          const [what, id] = line.split(' ');
          promised.set(Number(id), what as 'put' | 'deleting' | 'deleted'); // the script above says nothing else
          if (promised.size === 300 + round * 77) process_.kill('SIGKILL');
        }
        const session = await load(folder);
        expect(session.damaged).toEqual([]);
        const kept = new Map(session.outbound.map((one) => [one.packetId, one]));
        for (const [id, what] of promised) {
          if (what === 'put') expect(kept.get(id)?.payload).toEqual(new Uint8Array(id % 500).fill(id));
          else if (what === 'deleted') expect(kept.has(id)).toBe(false);
        }
      }
    },
  );
});

describe('a folder', () => {
  it('that another process has is refused, and taken once that process is gone', async () => {
    const folder = await temporaryFolder();
    const process_ = child(`
      await openDiskSessionStore(${JSON.stringify(folder)});
      process.stdout.write('open');
      setInterval(() => undefined, 1000);`);
    await once(process_.stdout!, 'data');
    await expect(openDiskSessionStore(folder)).rejects.toMatchObject({
      name: 'SessionStoreError',
      problem: 'locked',
      message: `The session store in ${folder} is in use by another process: end that one, or give each process a folder of its own.`,
    });
    process_.kill('SIGKILL');
    await once(process_, 'close');
    await openStore(folder);
  });

  it('that cannot be is refused', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    for (const folder of [file, join(file, 'below')]) {
      await expect(openDiskSessionStore(folder)).rejects.toMatchObject({
        problem: 'not-writable',
        message: `The session store needs to create and write the folder ${folder}, and may not: check its path, its owner and its permissions.`,
      });
    }
  });

  it('that may not be written is refused', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o555);
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}; // root may write everywhere
    const process_ = child(
      `
      await openDiskSessionStore(${JSON.stringify(folder)}).then(
        () => process.stdout.write('opened'),
        (error) => process.stdout.write(error.problem + ' ' + error.cause.message),
      );`,
      undefined,
      asNobody,
    );
    expect(await outputOf(process_)).toMatch(/^not-writable /);
  });

  it('is made, with those above it', async () => {
    await openStore(join(await temporaryFolder(), 'a', 'b'));
  });

  it('may serve several clients of a process at once, each store closed by its own', async () => {
    const folder = await temporaryFolder();
    const stores = await Promise.all(['a', 'b', 'c'].map(() => openStore(folder)));
    await Promise.all(stores.map((store, index) => store.load('abc'[index]!)));
    await Promise.all(stores.map((store, index) => store.addInbound(index + 1)));
    await stores[0]!.close();
    await stores[1]!.addInbound(20);
    const again = await openStore(folder);
    expect((await again.load('a')).inboundQos2).toEqual([1]);
    await expect(again.putClient({ clientId: 'b', lastPacketId: 0 })).rejects.toMatchObject({
      problem: 'in-use',
    });
    await Promise.all([again.close(), stores[1]!.close(), stores[2]!.close()]);
    expect((await load(folder, 'b')).inboundQos2).toEqual([2, 20]);
  });

  it('on a full disk is refused by name, and written again once there is room', async () => {
    const folder = await temporaryFolder();
    // A bound on the size of files stands for the disk: as that process sees it, nothing more can be written.
    const process_ = child(
      `
      const store = await openDiskSessionStore(${JSON.stringify(folder)});
      await store.load('c');
      const put = (packetId) => store.putOutbound({
        packetId, seq: packetId, phase: 'publish', topic: 't', payload: new Uint8Array(8_192), qos: 1, retain: false, properties: {},
      });
      for (let id = 1; ; id++) {
        try {
          await put(id);
          process.stdout.write('put ' + id + '\\n');
        } catch (error) {
          process.stdout.write(error.problem + ' ' + error.message + '\\n');
          break;
        }
      }
      process.exit(0);`,
      (command) => ['bash', '-c', 'ulimit -f 256; exec "$@"', 'bash', ...command],
    );
    const lines = (await outputOf(process_)).trim().split('\n');
    expect(lines.pop()).toBe(
      `full The session store in ${folder} has no room left on its disk: make room; the next write tries again.`,
    );
    expect(lines.length).toBeGreaterThan(5);
    const session = await load(folder);
    expect(session.outbound.length).toBeGreaterThanOrEqual(lines.length);
    expect(session.damaged).toEqual([]);
  });
});

describe('writes', () => {
  it('that are asked for together go to the disk together', async () => {
    const folder = await temporaryFolder();
    const batches = vi.spyOn(ClassicLevel.prototype, 'batch');
    onTestFinished(() => batches.mockRestore());
    const store = await openStore(folder);
    await store.load('c');
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => store.putOutbound(outbound(index + 1))));
    expect(batches).toHaveBeenCalledTimes(1);
    await Promise.all([1, 2].map((id) => store.deleteOutbound(id)));
    expect(batches).toHaveBeenCalledTimes(2);
    const calls = batches.mock.calls as unknown[][]; // its types know the overload without arguments only
    expect(calls.map(([, options]) => options)).toEqual([{ sync: true }, { sync: false }]);
  });

  it('that fail are told to all who waited for them, and do not stop those after them', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await store.load('c');
    await store.putOutbound(outbound(1));
    const batch = vi
      .spyOn(ClassicLevel.prototype, 'batch')
      .mockRejectedValueOnce(new Error('No space left on device'));
    onTestFinished(() => batch.mockRestore());
    const failed = await Promise.allSettled([store.putOutbound(outbound(2)), store.deleteOutbound(1)]);
    expect(failed).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ problem: 'full' }) },
      { status: 'rejected', reason: expect.objectContaining({ problem: 'full' }) },
    ]);
    await store.putOutbound(outbound(3));
    await store.close();
    expect(await load(folder)).toMatchObject({ outbound: [outbound(1), outbound(3)], damaged: [] });
  });
});
