import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort, orAborted } from '../../src/time/index.js';

function waiting(count: number) {
  const { signal, abort } = abortable();
  const called: number[] = [];
  const ends = Array.from({ length: count }, (_, n) => onAbort(signal, () => void called.push(n)));
  return { signal, abort, called, ends };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) };
}

it('calls all who wait for a signal, in order and once, and the signal has one listener', () => {
  const { signal, abort, called } = waiting(100);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  abort();
  abort();
  expect(called).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('does not call who waits no longer, and leaves no listener when nobody does', () => {
  const { signal, abort, called, ends } = waiting(3);
  ends[1]!();
  ends[1]!();
  abort();
  expect(called).toEqual([0, 2]);

  const others = waiting(2);
  for (const end of others.ends) end();
  expect(getEventListeners(others.signal, 'abort')).toHaveLength(0);
  onAbort(others.signal, () => void others.called.push(9));
  others.ends[0]!(); // of a time that is over
  others.abort();
  expect(others.called).toEqual([9]);
  expect(signal.aborted).toBe(true);
});

it('does not call who is told by another one that it need not wait any more', () => {
  const { signal, abort } = abortable();
  const called: string[] = [];
  onAbort(signal, () => {
    called.push('first');
    end();
  });
  const end = onAbort(signal, () => void called.push('second'));
  abort();
  expect(called).toEqual(['first']);
});

it('calls all also where one throws, and what the first of them throws is not swallowed', () => {
  let aborted: () => void = () => undefined;
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => {
      aborted = listener;
    },
    removeEventListener: () => undefined,
  } as unknown as AbortSignal; // one whose listener a test can call: what that throws would end the process
  const called: number[] = [];
  for (const n of [1, 2, 3]) {
    onAbort(signal, () => {
      called.push(n);
      if (n < 3) throw new Error(`thrown by ${n}`);
    });
  }
  expect(aborted).toThrow('thrown by 1');
  expect(called).toEqual([1, 2, 3]);
});

it('never calls for a signal that has aborted already, or for none', () => {
  const fail = () => expect.unreachable();
  onAbort(AbortSignal.abort(), fail)();
  onAbort(undefined, fail)();
});

it('gives what the promise brings, or the reason of the signal if that is first, and lets go of the signal', async () => {
  const { signal, abort } = abortable();
  expect(await orAborted(Promise.resolve('value'), signal)).toBe('value');
  await expect(orAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  const never = orAborted(new Promise(() => undefined), signal);
  abort();
  await expect(never).rejects.toThrow('enough');
  await expect(orAborted(Promise.resolve(), signal)).rejects.toThrow('enough');
});
