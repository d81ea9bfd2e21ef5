import { createTestApp } from 'topicwise/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { app } from '../src/app.js';
import { lampState } from '../src/contracts/lamp-state.js';
import { setLamp } from '../src/contracts/set-lamp.js';
import { createHttp } from '../src/http.js';
import { LampBoard } from '../src/lamp-board.js';

/** The gateway on a fake broker, without a port. */
async function gateway() {
  const board = new LampBoard();
  const test = await createTestApp(app, { override: [{ provide: LampBoard, useValue: board }] });
  onTestFinished(() => test[Symbol.asyncDispose]());
  return { test, board, http: createHttp(test.app, board) };
}

const put = (body: string) => ({ method: 'PUT', body, headers: { 'content-type': 'application/json' } });

it('shows what lamps said over MQTT', async () => {
  const { test, http } = await gateway();
  await test.deliver(lampState.to({ lamp: 'hall' }), { on: true });
  await test.deliver(lampState.to({ lamp: 'attic' }), { on: false });
  const response = await http.request('/lamps');
  expect(await response.json()).toEqual([
    { lamp: 'attic', on: false },
    { lamp: 'hall', on: true },
  ]);
});

describe('PUT /lamps/:lamp', () => {
  it('becomes a command over MQTT', async () => {
    const { test, http } = await gateway();
    const response = await http.request('/lamps/hall', put('{"on":true}'));
    expect(response.status).toBe(202);
    expect(test.published(setLamp)).toMatchObject([{ params: { lamp: 'hall' }, payload: { on: true } }]);
  });

  it.each([
    ['a body that is no JSON', '/lamps/hall', 'on'],
    ['a body that does not fit', '/lamps/hall', '{"on":"perhaps"}'],
    ['a lamp that can be no part of a topic', '/lamps/%23', '{"on":true}'],
  ])('refuses %s', async (_what, path, body) => {
    const { test, http } = await gateway();
    const response = await http.request(path, put(body));
    expect(response.status).toBe(400);
    expect(test.published(setLamp)).toEqual([]);
  });
});

it('sends live updates: the states first, then each change, until the browser leaves', async () => {
  const { test, board, http } = await gateway();
  await test.deliver(lampState.to({ lamp: 'hall' }), { on: true });
  const response = await http.request('/events');
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const reader = response.body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await next()).toBe('event: lamp\ndata: {"lamp":"hall","on":true}\n\n');
  await test.deliver(lampState.to({ lamp: 'hall' }), { on: false });
  expect(await next()).toBe('event: lamp\ndata: {"lamp":"hall","on":false}\n\n');
  expect(board.watched).toBe(1);
  await reader?.cancel();
  expect(board.watched).toBe(0);
});

it('serves the page', async () => {
  const { http } = await gateway();
  const response = await http.request('/');
  expect(response.headers.get('content-type')).toContain('text/html');
  expect(await response.text()).toContain("new EventSource('/events')");
});

it.each(['/healthz', '/readyz', '/metrics'])('answers %s', async (path) => {
  const { http } = await gateway();
  expect((await http.request(path)).status).toBe(200);
});
