// What an application answers inside somebody's HTTP server.
import { ASYNCAPI_CONTENT_TYPE, type AsyncApiDocument } from '../../asyncapi/index.js';
import { documentationPage, NoPageError } from './documentation-page.js';
import type { Health } from './health.js';
import { METRICS_CONTENT_TYPE } from './metrics.js';

/** What there is to ask. */
export interface Asked {
  health(): Health;
  metrics(): Promise<string>;
  /** Undefined before the start: then there is no document. */
  readonly booted: object | undefined;
  asyncapi(): AsyncApiDocument;
}

type Page = (app: Asked) => Response | Promise<Response>;

const pages: Readonly<Record<string, Page>> = {
  healthz: (app) => status(app, 'live'),
  readyz: (app) => status(app, 'ready'),
  metrics: async (app) =>
    new Response(await app.metrics(), { headers: { 'content-type': METRICS_CONTENT_TYPE } }),
  'asyncapi.json': (app) =>
    app.booted
      ? Response.json(app.asyncapi(), { headers: { 'content-type': ASYNCAPI_CONTENT_TYPE } })
      : notStarted(),
  docs: (app) => (app.booted ? page(app.asyncapi()) : notStarted()),
};

/** The answer to a request under any path: its last segment decides. */
export async function answer({ url, method }: Request, app: Asked): Promise<Response> {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  const page = Object.hasOwn(pages, segment) ? pages[segment] : undefined;
  if (!page) {
    const known = Object.keys(pages).map((name) => `/${name}`);
    return refusal(404, `There is no ${JSON.stringify(segment)} here. There is ${known.join(', ')}.`);
  }
  if (method !== 'GET' && method !== 'HEAD')
    return refusal(405, `${method} has no meaning here. Use GET.`, { allow: 'GET, HEAD' });
  const response = await page(app);
  response.headers.set('cache-control', 'no-store');
  return method === 'HEAD' ? new Response(null, response) : response;
}

async function page(document: AsyncApiDocument): Promise<Response> {
  try {
    const { html, policy } = await documentationPage(document, [process.cwd()]);
    return new Response(html, {
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    });
  } catch (error) {
    if (error instanceof NoPageError) return refusal(501, error.message);
    throw error;
  }
}

function notStarted(): Response {
  return refusal(503, 'The application has not started: its handlers are not known yet.');
}

function status(app: Asked, asked: 'live' | 'ready'): Response {
  const health = app.health();
  return Response.json(health, { status: health[asked] ? 200 : 503 });
}

function refusal(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  });
}
