import { parseDuration } from '../../time/duration.js';
import { concurrencyFindings } from '../policies/concurrency-findings.js';
import type { AppOptions } from './app.js';

/** What the types of the options refuse as well; for JavaScript, and for values that come from elsewhere. A sentence each. */
export function optionFindings({ connection, shutdown, concurrency }: AppOptions): string[] {
  const findings = concurrencyFindings('', concurrency);
  if (connection === undefined || connection === null) {
    findings.push(
      `connection is ${connection}. Write createApp({ connection: 'mqtt://host' }) or { url, ... }.`,
    );
  }
  if (shutdown?.timeout !== undefined) {
    try {
      parseDuration(shutdown.timeout);
    } catch (error) {
      findings.push(`shutdown.timeout: ${(error as RangeError).message}`); // all that parseDuration throws
    }
  }
  return findings;
}

/** `controllers` as it is at run time: a list, or nothing. */
export function wrongControllers(controllers: unknown): string | undefined {
  if (controllers === undefined || Array.isArray(controllers)) return undefined;
  return `controllers is ${typeof controllers === 'function' ? 'a single class or function' : `of type ${typeof controllers}`}. Hand over a list of classes, or what discover() returns.`;
}
