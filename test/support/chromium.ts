import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

// Where distributions put it; nothing is downloaded.
const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/**
 * A group of tests with a browser of its own. Where chromium is missing the group is skipped and says so, or fails if the environment says TOPICWISE_REQUIRE_CHROMIUM=1.
 */
export function describeWithChromium(name: string, define: (browser: () => Browser) => void): void {
  if (executable === undefined && process.env['TOPICWISE_REQUIRE_CHROMIUM'] !== '1') {
    const sentence = 'chromium is not installed here: install it to run these tests';
    describe.skip(`${name} (${sentence})`, () => define(missing));
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // Without a sandbox: containers have no place for one, and the pages are this package's own.
      browser = await chromium.launch({ executablePath: executable ?? missing(), args: ['--no-sandbox'] });
    });
    afterAll(() => browser?.close());
    define(() => browser ?? missing());
  });
}

function missing(): never {
  throw new Error('chromium is not installed, or not running yet: ask for it inside a test.');
}
