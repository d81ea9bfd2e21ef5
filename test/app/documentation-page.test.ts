import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it, vi } from 'vitest';
import { app as first } from '../../examples/first/app.js';
import * as installed from '../../src/app/installed-package.js';
import { documentationPage } from '../../src/app/lifecycle/documentation-page.js';
import { asyncapiDocument } from '../../src/asyncapi/index.js';
import { everything } from '../asyncapi/everything.js';
import { describeWithChromium } from '../support/chromium.js';
import { temporaryFolder } from '../support/cli/temporary-folder.js';
import { afterThisTest, listening } from '../support/transports/servers.js';

describeWithChromium('the page, in a browser', (browser) => {
  /** What is seen of it, and asked for, once it is drawn; nothing but the page itself can be loaded. */
  async function seen(html: string, policy: string, drawn: string) {
    const server = createServer((_request, response) => {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
      });
      response.end(html);
    });
    const port = await listening(server, { port: 0, host: '127.0.0.1' });
    afterThisTest(() => server.close());
    const page = await browser().newPage();
    afterThisTest(() => page.close());
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const url = `http://127.0.0.1:${port}/`;
    await page.goto(url);
    await page.getByText(drawn).first().waitFor();
    return { page, text: (await page.innerText('body')).replace(/\s+/g, ' '), asked, complaints, url };
  }

  it('shows every operation, and asks for nothing but itself', async () => {
    const { document } = asyncapiDocument(everything);
    const { html, policy } = await documentationPage(document, []);
    const { page, text, asked, complaints, url } = await seen(html, policy, 'Ingest.onReading');
    for (const words of [
      'Everything 1.2.3',
      'mqtts://broker.example:8883/',
      '{prefix1}/sensors/{deviceId}/reading',
      'What a sensor measures, once a minute.',
      'Stores it.',
    ])
      expect(text).toContain(words);
    for (const key of Object.keys(document.operations)) expect(text).toContain(key);
    expect(await page.title()).toBe('Everything');
    expect({ asked, complaints }).toEqual({ asked: [url], complaints: [] });
  });

  it('shows what would be HTML as text, and runs none of it', async () => {
    const info = {
      title: '</title><script>alert(1)</script>&amp;',
      description: '<img src=x onerror=alert(1)>',
    };
    const { document } = asyncapiDocument({ info, receives: [] });
    const { html, policy } = await documentationPage(document, []);
    const { page, text, asked, url } = await seen(html, policy, '0.0.0');
    expect(text).toContain(info.title);
    expect(await page.title()).toBe(info.title);
    expect(asked.filter((each) => each.startsWith('http') && !each.startsWith(url))).toEqual([]);
  });
});

describe('app.fetch', () => {
  it('answers /docs with the page', async () => {
    await using t = await createTestApp(first);
    const response = await t.app.fetch(new Request('http://host/mounted/docs'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-/,
    );
    const html = await response.text();
    expect(html).toContain(JSON.stringify(t.app.asyncapi()).replaceAll('<', '\\u003c'));
    expect(html).not.toMatch(/<(?:script|link)[^>]*(?:src|href)="(?!data:)/);
  });

  it('answers /docs with a sentence where the component is missing', async () => {
    await using t = await createTestApp(first);
    const lookUp = vi.spyOn(installed, 'installedFile').mockReturnValue(undefined);
    afterThisTest(() => lookUp.mockRestore());
    const response = await t.app.fetch(new Request('http://host/docs'));
    expect([response.status, await response.text()]).toEqual([
      501,
      'The page is drawn by the package @asyncapi/react-component, version 3, which is not installed. Run npm install --save-dev @asyncapi/react-component.\n',
    ]);
  });

  it('says before the start that it knows nothing yet', async () => {
    const app = createApp({ connection: 'mqtt://localhost' });
    const response = await app.fetch(new Request('http://host/docs'));
    expect([response.status, await response.text()]).toEqual([
      503,
      'The application has not started: its handlers are not known yet.\n',
    ]);
  });
});

describe('installedFile()', () => {
  it('asks the folders first, in turn, then this package', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'node_modules/zod'), { recursive: true });
    await writeFile(join(folder, 'node_modules/zod/package.json'), '{"main":"own.js"}');
    await writeFile(join(folder, 'node_modules/zod/own.js'), '');
    expect(installed.installedFile('zod', [temporaryFolder(), folder])).toBe(
      join(folder, 'node_modules/zod/own.js'),
    );
    const here = fileURLToPath(new URL('../../node_modules/zod/package.json', import.meta.url));
    expect(installed.installedFile('zod/package.json', [temporaryFolder()])).toBe(here);
    expect(installed.installedFile('no-such-package', [folder])).toBeUndefined();
  });

  it('says what is wrong with a package that is there', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'node_modules/zod'), { recursive: true });
    await writeFile(join(folder, 'node_modules/zod/package.json'), '{"exports":{}}');
    expect(() => installed.installedFile('zod', [folder])).toThrow('No "exports" main defined');
  });
});
