import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { LampBoard, LampState } from './lamp-board.js';

/** Answers with server-sent events: the state of every lamp, then each change, until the browser leaves. */
export function liveUpdates(context: Context, board: LampBoard): Response {
  return streamSSE(context, async (stream) => {
    // The newest state of a lamp replaces one that a slow browser has not got yet: what waits has a bound.
    const waiting = new Map(board.states.map((state) => [state.lamp, state] as const));
    let wake = () => {};
    const unwatch = board.watch((state: LampState) => {
      waiting.set(state.lamp, state);
      wake();
    });
    stream.onAbort(() => {
      unwatch();
      wake();
    });
    while (!stream.aborted) {
      for (const [lamp, state] of waiting) {
        waiting.delete(lamp);
        await stream.writeSSE({ event: 'lamp', data: JSON.stringify(state) });
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.size > 0 || stream.aborted) resolve();
      });
    }
  });
}
