import { constants } from 'node:os';
import { describe } from '../../packets/outgoing-checks.js';
import { type Duration, parseDuration } from '../../time/duration.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import { middlewareFindings } from '../middleware/middleware.js';
import { concurrencyFindings } from '../policies/concurrency-findings.js';
import { errorPolicyFindings } from '../policies/error-policy-findings.js';
import { notOfType } from '../routes/handler-option-findings.js';
import { prefixFindings } from '../routes/topic-prefix.js';
import type { AppOptions } from './app.js';
import { infoFindings } from './documentation.js';

/** What the types of the options refuse as well; for JavaScript, and for values that come from elsewhere. A sentence each. */
export function optionFindings(options: AppOptions): string[] {
  const { connection, startup, shutdown, health, concurrency, middleware } = options;
  const findings = concurrencyFindings('', concurrency);
  findings.push(...middlewareFindings('middleware', middleware));
  if (connection === undefined || connection === null) {
    findings.push(
      `connection is ${connection}. Write createApp({ connection: 'mqtt://host' }) or { url, ... }.`,
    );
  }
  if (!isContainer(options.container))
    findings.push(
      `container is ${describe(options.container)}. Hand over one of tsyringe's, such as container.createChildContainer().`,
    );
  if (options.providers !== undefined && !Array.isArray(options.providers))
    findings.push(
      `providers is ${describe(options.providers)}. Write a list of { provide: TheClassOrToken, useValue: ... }.`,
    );
  findings.push(...errorPolicyFindings('', options.errors));
  findings.push(...notOfType('share', options.share, 'string', 'a text'));
  findings.push(...noGroup('startup', startup, "{ timeout: '1m' }"));
  findings.push(...noGroup('shutdown', shutdown, "{ timeout: '10s' }"));
  findings.push(...noGroup('health', health, "{ oldestUnacked: '1m' }"));
  findings.push(...noDuration('shutdown.timeout', shutdown?.timeout));
  findings.push(...noDuration('startup.timeout', startup?.timeout));
  findings.push(...noDuration('health.oldestUnacked', health?.oldestUnacked));
  findings.push(...prefixFindings(options.prefix));
  findings.push(...noneOf('overlap', options.overlap, ['all', 'most-specific']));
  findings.push(...noneOf('unrouted', options.unrouted, ['ack', 'log', 'reject']));
  findings.push(...wrongSignals(shutdown?.signals));
  findings.push(...infoFindings(options.info));
  if (
    startup?.retry &&
    connection instanceof Object &&
    'reconnect' in connection &&
    connection.reconnect === false
  ) {
    findings.push(
      'startup.retry tries again as connection.reconnect says, which is false. Leave one of them out.',
    );
  }
  return findings;
}

/** Milliseconds of an option; 0 for one that is no duration, for which the start fails. */
export function durationOf(duration: Duration): number {
  try {
    return parseDuration(duration);
  } catch {
    return 0; // it is among the findings
  }
}

/** Those at which `run()` stops; the default where the option is wrong, for which the start fails. */
export function signalsOf(signals: readonly NodeJS.Signals[] | undefined): readonly NodeJS.Signals[] {
  return signals === undefined || wrongSignals(signals).length > 0 ? ['SIGINT', 'SIGTERM'] : signals;
}

function noDuration(name: string, duration: Duration | undefined): string[] {
  try {
    if (duration !== undefined) parseDuration(duration);
    return [];
  } catch (error) {
    return [`${name}: ${(error as RangeError).message}`]; // all that parseDuration throws
  }
}

/** What tsyringe makes, or nothing. */
export function isContainer(container: unknown): container is DependencyContainer | undefined {
  // A container has no public class: looked up, not assumed.
  return (
    container === undefined ||
    typeof (container as Partial<DependencyContainer> | null)?.createChildContainer === 'function'
  );
}

/** Options that belong together. */
function noGroup(name: string, value: unknown, example: string): string[] {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)))
    return [];
  return [`${name} is ${describe(value)}. Write ${example} or the like.`];
}

function noneOf(name: string, value: unknown, known: readonly string[]): string[] {
  if (value === undefined || known.includes(value as string)) return []; // whatever it is: compared, not used
  return [`${name} is ${JSON.stringify(value)}. Write ${known.map((each) => `'${each}'`).join(' or ')}.`];
}

function wrongSignals(signals: unknown = []): string[] {
  if (Array.isArray(signals)) return signals.flatMap(noSignal);
  return [`shutdown.signals is of type ${typeof signals}. Write a list, such as ['SIGTERM'].`];
}

function noSignal(signal: string): string[] {
  if (!(signal in constants.signals))
    return [
      `shutdown.signals: this system knows no ${JSON.stringify(signal)}. Write 'SIGINT', 'SIGTERM' or the like.`,
    ];
  if (signal === 'SIGKILL' || signal === 'SIGSTOP')
    return [`shutdown.signals: no process can listen to ${signal}. Leave it out.`];
  return [];
}

/** `controllers` as it is at run time: a list, or nothing. */
export function wrongControllers(controllers: unknown): string | undefined {
  if (controllers === undefined || Array.isArray(controllers)) return undefined;
  return `controllers is ${typeof controllers === 'function' ? 'a single class or function' : `of type ${typeof controllers}`}. Hand over a list of classes, or what discover() returns.`;
}
