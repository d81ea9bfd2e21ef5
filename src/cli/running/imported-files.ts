import { createRequire, register } from 'node:module';
import { extname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** This package's own files, which no user changes. */
const own = fileURLToPath(new URL('../../', import.meta.url));

/** Hears of the user's files as they are imported, from now on. */
export class ImportedFiles {
  readonly #port: MessagePort;
  readonly #report: (files: readonly string[]) => void;

  constructor(report: (files: readonly string[]) => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#report = report;
    register(`./report-imports${extname(import.meta.url)}`, import.meta.url, {
      data: { port: port2 },
      transferList: [port2],
    });
    port1.on('message', (url: string) => this.#tell([url]));
    port1.unref();
  }

  /** What has not been reported yet, and what was loaded by require. */
  flush(): void {
    const urls: string[] = [];
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port))
      urls.push(next.message as string); // the hook sends nothing else
    this.#tell([...urls, ...Object.keys(createRequire(import.meta.url).cache)]);
  }

  #tell(urls: readonly string[]): void {
    const files = urls.flatMap((url) => {
      if (!url.startsWith('file:') && !url.startsWith(sep)) return [];
      const file = url.startsWith('file:') ? fileURLToPath(url) : url;
      return file.startsWith(own) || file.includes(`${sep}node_modules${sep}`) ? [] : [file];
    });
    if (files.length > 0) this.#report(files);
  }
}
