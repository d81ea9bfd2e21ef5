import { createApp, defineTopic, on, pause, redeliver, stop } from 'topicwise';
import { z } from 'zod';

export class DatabaseDownError extends Error {}
export class LeaseLostError extends Error {}
export class CorruptStateError extends Error {}

export const count = defineTopic('counts/+id', { payload: z.number() });
export const counter = { add: async (_id: string, _by: number): Promise<void> => undefined };

/** Three ways to keep a message instead of giving it up. */
export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'counter' },
  errors: [
    // The route takes no more messages for a while, then runs the handler again: as long as it takes.
    on(DatabaseDownError, pause({ for: '30s' })),
    // Connects again without acknowledging: another attempt after whatever else was unacknowledged came too.
    on(LeaseLostError, redeliver({ after: '5s' })),
    // Ends the application: run() sets the exit code 1, and the broker keeps the message for the next start.
    on(CorruptStateError, stop()),
  ],
});
app.on(count, async ({ params, payload }) => counter.add(params.id, payload));
