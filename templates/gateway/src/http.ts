import { Hono } from 'hono';
import { type App, TopicError } from 'topicwise';
import { lampOrder, setLamp } from './contracts/set-lamp.js';
import type { LampBoard } from './lamp-board.js';
import { liveUpdates } from './live-updates.js';
import { page } from './page.js';

/** What the gateway answers over HTTP. */
export function createHttp(app: App, board: LampBoard): Hono {
  const http = new Hono();
  http.get('/', (context) => context.html(page));
  http.get('/lamps', (context) => context.json(board.states));
  http.get('/events', (context) => liveUpdates(context, board));

  http.put('/lamps/:lamp', async (context) => {
    const order = lampOrder.safeParse(await context.req.json().catch(() => undefined));
    if (!order.success) return context.text('The body is {"on":true} or {"on":false}, as JSON.\n', 400);
    try {
      // 202: the broker has the order; what the lamp does comes as its state.
      await app.publisher.publish(setLamp.to({ lamp: context.req.param('lamp') }), order.data);
      return context.json(order.data, 202);
    } catch (error) {
      if (error instanceof TopicError) return context.text(`${error.message}\n`, 400);
      throw error;
    }
  });

  // Answered by the application: is it alive, is it connected, what has it done.
  for (const path of ['/healthz', '/readyz', '/metrics'])
    http.get(path, (context) => app.fetch(context.req.raw));

  http.onError((error, context) => {
    console.error(error);
    return context.text('The order could not be passed on.\n', 503);
  });
  return http;
}
