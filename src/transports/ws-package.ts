import { OpenError } from './transport.js';

/** Loads the package `ws`, which users install beside this one if they want WebSockets; an OpenError says so where it is missing. */
export async function loadWs<Used>(load: () => Promise<Used> = importWs<Used>): Promise<Used> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    const sentence = 'WebSockets need the package ws, which is not installed. Run npm install ws';
    throw new OpenError(sentence, false, error);
  }
}

async function importWs<Used>(): Promise<Used> {
  // What is used of it is what `ws` declares; our own declarations have to stand where it is not installed.
  return (await import('ws')) as Used;
}
