import type { Application } from './application.js';
import { signalsOf } from './option-findings.js';

/** The process that an application runs in. */
export interface Host {
  /** Calls back at each of these signals until the returned function is called. */
  onSignal(signals: readonly NodeJS.Signals[], callback: (signal: NodeJS.Signals) => void): () => void;
  /** The exit code once nothing keeps the process alive. */
  setExitCode(code: number): void;
  /** Ends the process now. */
  exit(code: number): void;
  writeError(text: string): void;
}

const nodeProcess: Host = {
  onSignal(signals, callback) {
    for (const signal of signals) process.on(signal, callback);
    return () => {
      for (const signal of signals) process.off(signal, callback);
    };
  },
  setExitCode(code) {
    process.exitCode = code;
  },
  exit: (code) => process.exit(code),
  writeError: (text) => process.stderr.write(text),
};

/**
 * Runs the application until a signal, a call of `stop()`, the loss of its connection or a failure policy that stops it. Never rejects: failure is a sentence and the
 * exit code 1.
 */
export async function runApp(app: Application, host: Host = nodeProcess): Promise<void> {
  const signalled = new AbortController();
  const unlisten = host.onSignal(signalsOf(app.options.shutdown?.signals), (signal) => {
    if (signalled.signal.aborted) host.exit(1);
    app.logger.info({ signal }, 'Stopping. A second signal ends the process at once.');
    signalled.abort();
  });
  try {
    await app.start({ signal: signalled.signal });
    await aborted(AbortSignal.any([signalled.signal, app.stopAsked, app.lost]));
    await app.stop();
  } catch (error) {
    // The operator's wish or the program's, or reported already.
    const wished = [signalled.signal, app.stopAsked].some(
      (signal) => signal.aborted && signal.reason === error,
    );
    if (!wished) report(app, host, error);
  } finally {
    unlisten();
  }
  // The application has reported these where its logger writes.
  if (app.lost.aborted)
    fail(host, app.options.logger && `The connection to the broker is gone: ${app.lost.reason}.`);
  if (app.failed.aborted) fail(host, app.options.logger && app.failed.reason);
  // What nobody waits for any more could keep the process alive for ever.
  if (app.underWay > 0) host.exit(1);
}

function report(app: Application, host: Host, error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  app.logger.error({}, sentence);
  // The application's own logger writes to stderr; another one may write to where nobody looks.
  fail(host, app.options.logger && sentence);
}

function fail(host: Host, sentence: string | undefined): void {
  host.setExitCode(1);
  if (sentence !== undefined) host.writeError(`${sentence}\n`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
