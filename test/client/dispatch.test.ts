import { FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { dispatchMessages, reconnect, settleMessage } from '../../src/client/dispatch.js';
import { type Client, connect, type Message, type Transport } from '../../src/client/index.js';
import type { VirtualClock } from '../../src/time/index.js';
import { publish, ScriptedPeer } from '../support/scripted-peer.js';

it('hands over what waits at once, then every message inside the read that brought it', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.send(publish({ packetId: 1, topic: 'waits' }));
  await peer.expectNothing();
  const topics: string[] = [];
  const end = dispatchMessages(client, ({ topic }) => topics.push(topic));
  expect(topics).toEqual(['waits']);
  peer.send(publish({ topic: 'a' }), publish({ topic: 'b' }));
  await peer.expectNothing();
  expect(topics).toEqual(['waits', 'a', 'b']);

  end();
  peer.publish({ topic: 'for an iterator' });
  expect((await client.messages().next()).value!.topic).toBe('for an iterator');
});

it('settles without a promise and says where the acknowledgement stands', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const messages: Message[] = [];
  dispatchMessages(client, (message) => messages.push(message));
  peer.send(publish({ packetId: 1 }), publish({ packetId: 2 }), publish());
  await peer.expectNothing();
  const [one, two, zero] = messages;
  expect(settleMessage(two!, 0x99, { reasonString: 'no' })).toBe('queued');
  expect(settleMessage(one!)).toBe('sent');
  expect(settleMessage(one!, 0x80)).toBe('sent');
  expect(settleMessage(zero!)).toBe('none');
  await peer.expect('puback', { packetId: 1, reasonCode: 0 });
  await peer.expect('puback', { packetId: 2, reasonCode: 0x99 });
});

it('tells of the end in the moment in which it comes, when every settlement is stale already', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  let message: Message | undefined;
  const seen: unknown[] = [];
  dispatchMessages(
    client,
    (received) => {
      message = received;
    },
    {
      lost: (disconnection) => seen.push(disconnection.by, settleMessage(message!), client.state.state),
    },
  );
  void client.disconnected().then(() => seen.push('promise'));
  peer.publish({ packetId: 1 });
  await peer.expectNothing();
  peer.cut();
  await peer.expectNothing();
  expect(seen).toEqual(['network', 'stale', 'closed', 'promise']);
});

it('an acknowledgement of the moment in which the server says goodbye is not sent any more', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  dispatchMessages(client, (message) => settleMessage(message));
  peer.send(publish({ packetId: 1 }), { type: 'disconnect', reasonCode: 0x8b });
  await peer.expectClosed();
});

it('tells of an end of our own making too', async () => {
  const { client } = await new ScriptedPeer().connected();
  const seen: string[] = [];
  dispatchMessages(client, () => undefined, { lost: ({ by }) => seen.push(by) });
  const closing = client.close();
  expect(seen).toEqual(['client']);
  await closing;
});

it('takes one dispatcher, of a client of ours, and messages of ours', async () => {
  const { client } = await new ScriptedPeer().connected();
  dispatchMessages(client, () => undefined);
  expect(() => dispatchMessages(client, () => undefined)).toThrow('has a dispatcher already');
  // What a caller without types may pass.
  expect(() => dispatchMessages({} as Client, () => undefined)).toThrow(TypeError);
  expect(() => settleMessage({} as Message)).toThrow(TypeError);
});

it('a receiver that throws against the rules ends the connection, not the process', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  dispatchMessages(client, () => {
    throw new Error('bug in the receiver');
  });
  peer.publish();
  expect(await client.disconnected()).toMatchObject({ by: 'client', reasonCode: 0x83 });
  await peer.expect('disconnect', { reasonCode: 0x83 });
});

describe('reconnect', () => {
  const again = { type: 'connack', sessionPresent: true, reasonCode: 0 } as const;
  const reason = 'a message is to be delivered again';

  /** A client whose byte streams take the goodbye when the test says so. */
  async function lingering() {
    const script = new ScriptedPeer();
    const ends: (() => void)[] = [];
    const connecting = connect(
      {
        async connect(): Promise<Transport> {
          const inner = script.dial();
          return {
            ...bound(inner),
            start: (onBytes, onClose) => inner.start(onBytes, (error) => ends.push(() => onClose(error))),
          };
        },
      },
      { ...script.deterministic, clientId: 'c', reconnect: true },
    );
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ ...again, sessionPresent: false });
    return { script, client: await connecting, peer, end: () => ends.shift()?.() };
  }

  it('says goodbye, waits until that has been read, and goes on with its session at once', async () => {
    const { script, client, peer, end } = await lingering();
    const received: boolean[] = [];
    const lost: unknown[] = [];
    dispatchMessages(client, ({ duplicate }) => received.push(duplicate), {
      lost: (disconnection) => lost.push(disconnection),
      regained: (sessionPresent) => lost.push(sessionPresent),
    });
    peer.publish({ packetId: 7 });
    const published = client.publish('out', 'x', { qos: 1 });
    const { packetId } = await peer.expect('publish', { topic: 'out', duplicate: false });

    reconnect(client, reason);
    await peer.expect('disconnect', { reasonCode: 0 });
    expect(script.hasOpened).toBe(false);
    end();
    const next = await script.accept();
    await next.expect('connect', { cleanStart: false });
    next.send(again, publish({ packetId: 7, duplicate: true }));
    const resent = await next.expect('publish', { topic: 'out', duplicate: true });
    expect(resent.packetId).toBe(packetId);
    next.ack('puback', packetId!);
    expect(await published).toMatchObject({ reasonCode: 0, resent: true });
    expect(received).toEqual([false, true]);
    expect(lost).toEqual([{ by: 'client', reasonCode: 0, cause: new Error(reason) }, true]);
    const closing = client.close();
    await script.clock.settle();
    end();
    await closing;
  });

  it('waits only a moment for a server that does not end its own side', async () => {
    const { script, client } = await lingering();
    reconnect(client, reason);
    await script.clock.advance('999ms');
    expect(script.hasOpened).toBe(false);
    await script.clock.advance('1ms');
    expect(script.hasOpened).toBe(true);
    const closing = client.close();
    await script.clock.advance('1s');
    await closing;
  });

  it('comes back at once after a connection that did not last, however often, and waits after one that fails', async () => {
    const script = new ScriptedPeer();
    let { client, peer } = await script.connected({ reconnect: { maxAttempts: 3, minDelay: 1_000 } });
    for (let times = 0; times < 5; times++) {
      reconnect(client, reason);
      await peer.expect('disconnect');
      peer = await script.accept();
      await peer.expect('connect');
      peer.send(again);
      await peer.expectNothing();
    }
    peer.cut();
    await peer.received();
    expect(client.state.state).toBe('waiting');
    await client.close();
  });

  it('keeps the session and the will of a broker: nothing is published for it, what is unacknowledged comes again', async () => {
    await using broker = new FakeBroker();
    const clock = broker.clock as VirtualClock;
    const options = { clock, reconnect: true };
    await using observer = await connect(broker.endpoint, { ...options, clientId: 'observer' });
    const wills: string[] = [];
    dispatchMessages(observer, ({ topic }) => wills.push(topic));
    await observer.subscribe('gone');
    await using client = await connect(broker.endpoint, {
      ...options,
      clientId: 'c',
      will: { topic: 'gone' },
    });
    await client.subscribe('t');
    const seen: boolean[] = [];
    dispatchMessages(client, ({ duplicate }) => seen.push(duplicate));
    broker.publish({ topic: 't', payload: 'x', qos: 1 });
    await clock.settle();
    reconnect(client, reason);
    await clock.settle();
    expect(client.state).toMatchObject({ state: 'connected', connectionId: 2, sessionPresent: true });
    expect(seen).toEqual([false, true]);
    expect(wills).toEqual([]);
  });

  it('hands over nothing more of the read in which it is called', async () => {
    const script = new ScriptedPeer();
    const { client, peer } = await script.connected({ reconnect: true });
    const topics: string[] = [];
    dispatchMessages(client, ({ topic }) => {
      topics.push(topic);
      reconnect(client, reason);
    });
    peer.send(publish({ packetId: 1, topic: 'a' }), publish({ packetId: 2, topic: 'b' }));
    await peer.expect('disconnect');
    expect(topics).toEqual(['a']);
    await client.close();
  });

  it('ends with the client that is closed meanwhile', async () => {
    const { script, client, end } = await lingering();
    reconnect(client, reason);
    await script.clock.settle();
    const closing = client.close();
    end();
    await closing;
    await script.clock.settle();
    expect([client.state.state, script.attempts]).toEqual(['closed', 1]);
    expect(script.clock.pendingTimers).toBe(0);
  });

  it('does nothing while there is no connection, and refuses a client that is not to come back', async () => {
    const script = new ScriptedPeer();
    const { client, peer } = await script.connected({ reconnect: true });
    peer.cut();
    await peer.received();
    const { state } = client;
    expect(state.state).toBe('waiting');
    reconnect(client, reason);
    expect(client.state).toBe(state);
    await client.close();
    reconnect(client, reason);

    const { client: once } = await new ScriptedPeer().connected({ reconnect: false });
    expect(() => reconnect(once, reason)).toThrow(TypeError);
    expect(once.state.state).toBe('connected');
  });
});

/** The methods of a transport, to put others in their place. */
function bound(inner: Transport): Transport {
  return {
    kind: inner.kind,
    start: (onBytes, onClose) => inner.start(onBytes, onClose),
    write: (bytes) => inner.write(bytes),
    onDrain: (callback) => inner.onDrain(callback),
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    close: (error) => inner.close(error),
  };
}
