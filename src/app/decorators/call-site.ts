import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where something was written: `src/sensors.ts:12`, below the working directory. Undefined where the run time does not tell. */
export type CallSite = () => string | undefined;

/** Where `callee` was called. What it costs is spent when somebody asks: the text of a stack is made then. */
export function callSiteOf(callee: (...args: never) => unknown): CallSite {
  const holder: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, callee);
  Error.stackTraceLimit = stackTraceLimit;
  return () => place(holder.stack);
}

function place(stack: string | undefined): string | undefined {
  // "    at file:///home/me/src/sensors.ts:12:3", or with the name of a function and brackets around it.
  const [, file, line] = /^\s+at (?:.* \()?(.+):(\d+):\d+\)?$/m.exec(stack ?? '') ?? [];
  if (file === undefined) return undefined;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const here = relative(process.cwd(), path);
  return `${here.startsWith('..') || isAbsolute(here) ? path : here}:${line}`;
}
